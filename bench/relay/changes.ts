import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { load } from '../evalx/load.ts'
import { median, quantile } from '../median.ts'
import { inWarmTurn, type Rounds } from '../processes/in-turn.ts'
import { now } from '../propagation/now.ts'
import { type Aim, type Cell, cellOf, standing, type Table } from '../report/table.ts'
import {
  cpuMsOf,
  environmentVariables,
  freePort,
  keysOf,
  relaysOf,
  served,
  startFlagService,
  startRelay,
} from './relay-processes.ts'
import { residentOf } from './resident.ts'
import type { StreamCrowd } from './stream-crowd.ts'
import { Worker } from './worker.ts'

/** Streams of clients, to which changes are sent one at a time. */
export interface ChangesPlan extends Pick<Table, 'id' | 'title'> {
  /** `/mping`: pings of mobile SDKs. `/all`: server-side SDKs, FDv1. */
  readonly path: '/mping' | '/all'
  /** Each change is a change in each of them. */
  readonly environments: number
  /** Streams of all environments. */
  readonly clients: number
  readonly flags: number
  readonly changes: number
  readonly repeats: number
  /** Path of another relay. */
  readonly beside: string | undefined
  /** Limits relative to the other relay. */
  readonly limits?: Partial<Readonly<Record<'lastP50' | 'cpuMs' | 'statusP99', number>>>
}

/** Times in milliseconds, memory in bytes. */
interface Result {
  readonly lastP50: number
  readonly lastP99: number
  readonly cpuMs: number
  readonly residentPerClient: number
  /** The 99th percentile of the time of `/status`. */
  readonly statusP99: number
}

const CROWD = new URL('stream-crowd.ts', import.meta.url)
const CROWDS = 2
const PAUSE_MS = 500
const STATUS_REQUESTS = 300
const OURS = 'halyard relay'
const COLUMNS = { lastP50: 'last p50', lastP99: 'last p99', cpuMs: 'cpu', statusP99: '/status p99' } as const

const decimals = cellOf('decimals')

/** Sends one change at a time to many streams, and measures until the last client has it. */
export async function measureChanges(plan: ChangesPlan): Promise<Table> {
  const relays = Array.from(relaysOf(plan.beside), ([name, command]) => ({ name, command }))
  const measured = await inWarmTurn(relays, plan.repeats, ({ command }) => measure(command, plan))
  const measures = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[]
  const row = (name: string): Cell[] => [
    name,
    ...measures.map((what) => decimals(measured.median(name, (result) => result[what]))),
    decimals(measured.median(name, ({ residentPerClient }) => residentPerClient) / 1_024),
    ...(name === OURS
      ? ['', '', '']
      : [
          ...(['lastP50', 'cpuMs'] as const).map((what) =>
            measured.ratio(OURS, name, (result) => result[what]),
          ),
          standing(measured.ratio(OURS, name, ({ lastP50 }) => lastP50).value),
        ]),
  ]
  return {
    id: plan.id,
    title: `${plan.title} (ms; KB for each client)`,
    heading: [
      'relay',
      ...Object.values(COLUMNS),
      'resident',
      'halyard/it last p50',
      'halyard/it cpu',
      'halyard is',
    ],
    rows: [...measured.costs.keys()].map(row),
    aims: aimsOf(plan, measured),
    notes: measured.notes,
  }
}

function aimsOf({ title, limits = {} }: ChangesPlan, measured: Rounds<Result>): readonly Aim[] {
  if (!measured.costs.has('other')) return []
  return (Object.keys(limits) as readonly (keyof typeof limits)[]).map((what) => ({
    what: `${title}, ${COLUMNS[what]} against the other relay`,
    value: measured.ratio(OURS, 'other', (result) => result[what]).value,
    bound: 'at most',
    limit: limits[what] ?? Number.NaN,
    unit: 'x',
  }))
}

async function measure(command: readonly string[], plan: ChangesPlan): Promise<Result> {
  const service = await startFlagService(plan.flags)
  const url = `http://127.0.0.1:${await freePort()}`
  const variables = environmentVariables(plan.environments)
  const relay = startRelay(command, { url, service: service.url, variables })
  const crowds = Array.from({ length: CROWDS }, () => new Worker<StreamCrowd>(CROWD))
  try {
    const pid = relay.pid ?? 0
    await served(url)
    await sleep(2_000)
    const alone = residentOf(pid).now
    const count = Math.ceil(plan.clients / CROWDS / plan.environments)
    for (const crowd of crowds) {
      for (let index = 0; index < plan.environments; index++) {
        const { sdkKey, mobileKey } = keysOf(index)
        const key = plan.path === '/mping' ? mobileKey : sdkKey
        await crowd.call('join', { url, path: plan.path, key, count })
      }
    }
    await sleep(2_000)
    const crowded = residentOf(pid).now
    const last: number[] = []
    let cpuBefore = 0
    // The first changes allocate buffers and compile code.
    for (let change = -3; change < plan.changes; change++) {
      if (change === 0) cpuBefore = cpuMsOf(pid)
      for (const crowd of crowds) await crowd.call('forget')
      const begun = now()
      service.change()
      const ends = await Promise.all(crowds.map((crowd) => crowd.call('lastEvent')))
      if (change >= 0) last.push(Math.max(...ends) - begun)
      await sleep(PAUSE_MS)
    }
    const cpuMs = (cpuMsOf(pid) - cpuBefore) / plan.changes
    return {
      lastP50: median(last),
      lastP99: quantile(last, 0.99),
      cpuMs,
      residentPerClient: (crowded - alone) / (count * CROWDS * plan.environments),
      statusP99: await statusP99(url),
    }
  } finally {
    const ended = once(relay, 'exit')
    relay.kill('SIGKILL')
    await Promise.all([ended, ...crowds.map((crowd) => crowd.stop())])
    service.close()
  }
}

async function statusP99(url: string): Promise<number> {
  const request = (): string => 'GET /status HTTP/1.1\r\nhost: relay\r\n\r\n'
  // The first requests compile code.
  await load({ url, request, connections: 1, requests: STATUS_REQUESTS })
  const { took } = await load({ url, request, connections: 1, requests: STATUS_REQUESTS })
  return quantile(took, 0.99)
}
