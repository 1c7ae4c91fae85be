import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, quantile } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { now } from '../propagation/now.ts'
import { count } from '../report/format.ts'
import { cellOf, type Table } from '../report/table.ts'
import type { PingCrowd } from './ping-crowd.ts'
import {
  cpuMsOf,
  freePort,
  MOBILE_KEY,
  relaysOf,
  served,
  startFlagService,
  startRelay,
} from './relay-processes.ts'
import { residentOf } from './resident.ts'
import { Worker } from './worker.ts'

export interface PingPlan extends Pick<BenchOptions, 'beside'> {
  readonly clients: number
  readonly flags: number
  readonly changes: number
  readonly repeats: number
}

/** Times in milliseconds, memory in bytes. */
interface Result {
  readonly lastP50: number
  readonly lastP99: number
  readonly cpuMs: number
  readonly residentPerClient: number
}

const CROWD = new URL('ping-crowd.ts', import.meta.url)
const CROWDS = 2
const PAUSE_MS = 500

const decimals = cellOf('decimals')

/** Sends one change at a time to many ping streams of mobile SDKs. */
export async function measurePings(plan: PingPlan): Promise<Table> {
  const results = new Map<string, Result[]>()
  for (let round = 0; round < plan.repeats; round++) {
    for (const [name, command] of relaysOf(plan.beside)) {
      results.set(name, [...(results.get(name) ?? []), await measure(command, plan)])
    }
  }
  const rows = Array.from(results, ([name, all]) => {
    const of = (what: keyof Result): number => median(all.map((result) => result[what]))
    const times = (['lastP50', 'lastP99', 'cpuMs'] as const).map((what) => decimals(of(what)))
    return [name, ...times, decimals(of('residentPerClient') / 1_024)]
  })
  return {
    id: 'relay-pings',
    title: `one change to ${count(plan.clients)} ping streams, ${count(plan.flags)} flags held (ms; KB for each client)`,
    heading: ['relay', 'last p50', 'last p99', 'cpu', 'resident'],
    rows,
  }
}

async function measure(command: readonly string[], plan: PingPlan): Promise<Result> {
  const service = await startFlagService(plan.flags)
  const url = `http://127.0.0.1:${await freePort()}`
  const relay = startRelay(command, { url, service: service.url })
  const crowds = Array.from({ length: CROWDS }, () => new Worker<PingCrowd>(CROWD))
  try {
    const pid = relay.pid ?? 0
    await served(url)
    await sleep(2_000)
    const alone = residentOf(pid).now
    const share = Math.ceil(plan.clients / CROWDS)
    for (const crowd of crowds) await crowd.call('join', url, MOBILE_KEY, share)
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
      const ends = await Promise.all(crowds.map((crowd) => crowd.call('lastPing')))
      if (change >= 0) last.push(Math.max(...ends) - begun)
      await sleep(PAUSE_MS)
    }
    return {
      lastP50: quantile(last, 0.5),
      lastP99: quantile(last, 0.99),
      cpuMs: (cpuMsOf(pid) - cpuBefore) / plan.changes,
      residentPerClient: (crowded - alone) / (share * CROWDS),
    }
  } finally {
    const ended = once(relay, 'exit')
    relay.kill('SIGKILL')
    await Promise.all([ended, ...crowds.map((crowd) => crowd.stop())])
    service.close()
  }
}
