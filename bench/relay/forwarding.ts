import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { count } from '../report/format.ts'
import { cellOf, type Table } from '../report/table.ts'
import type { EventTraffic, PostingPlan } from './event-traffic.ts'
import {
  cpuMsOf,
  freePort,
  relaysOf,
  SDK_KEY,
  served,
  startFlagService,
  startRelay,
} from './relay-processes.ts'
import { residentOf } from './resident.ts'
import { Worker } from './worker.ts'

export interface ForwardingPlan extends Pick<BenchOptions, 'beside'> {
  readonly eventsPerPost: number
  readonly postsPerSecond: number
  readonly seconds: number
  readonly repeats: number
}

interface Result {
  /** Processor time for 1,000 events, in milliseconds. */
  readonly cpuMs: number
  /** Part of the events that arrived, in percent. */
  readonly arrived: number
  /** Requests to the events service in a second. */
  readonly requests: number
  /** Memory in bytes. */
  readonly resident: number
}

const decimals = cellOf('decimals')
const hundredths = cellOf(2)
const percent = cellOf('percent')

const TRAFFIC = new URL('event-traffic.ts', import.meta.url)
/** Node compiles code after some thousand calls. */
const WARM_UP_SECONDS = 20

/** A queue that takes the events of several flush intervals, because LaunchDarkly's relay sends in batches. */
const VARIABLES = { USE_EVENTS: '1', EVENTS_CAPACITY: '100000', EVENTS_FLUSH_INTERVAL: '1s' }

/** Forwards events at a steady rate. */
export async function measureForwarding(plan: ForwardingPlan): Promise<Table> {
  const results = new Map<string, Result[]>()
  for (let round = 0; round < plan.repeats; round++) {
    for (const encoding of ['identity', 'gzip'] as const) {
      for (const [name, command] of relaysOf(plan.beside)) {
        const key = `${name}, ${encoding === 'gzip' ? 'gzipped' : 'plain'}`
        results.set(key, [...(results.get(key) ?? []), await measure(command, plan, encoding)])
      }
    }
  }
  const rows = Array.from(results, ([name, all]) => {
    const of = (what: keyof Result): number => median(all.map((result) => result[what]))
    return [
      name,
      hundredths(of('cpuMs')),
      percent(of('arrived')),
      decimals(of('requests')),
      decimals(of('resident') / 1_048_576),
    ]
  })
  return {
    id: 'relay-events',
    title: `${count(plan.eventsPerPost * plan.postsPerSecond)} events per second, ${plan.eventsPerPost} in a post (cpu: ms for 1,000 events; MB)`,
    heading: ['relay', 'cpu', 'arrived', 'requests/s', 'resident'],
    rows,
  }
}

async function measure(
  command: readonly string[],
  { eventsPerPost, postsPerSecond, seconds }: ForwardingPlan,
  encoding: PostingPlan['encoding'],
): Promise<Result> {
  const flags = await startFlagService(100)
  const sink = new Worker<EventTraffic>(TRAFFIC)
  const poster = new Worker<EventTraffic>(TRAFFIC)
  const variables = { ...VARIABLES, EVENTS_HOST: await sink.call('receive') }
  const url = `http://127.0.0.1:${await freePort()}`
  const relay = startRelay(command, { url, service: flags.url, variables })
  try {
    const pid = relay.pid ?? 0
    await served(url)
    const plan = { url, sdkKey: SDK_KEY, eventsPerPost, postsPerSecond, encoding }
    await poster.call('post', { ...plan, seconds: WARM_UP_SECONDS })
    await sleep(3_000)
    const before = { cpuMs: cpuMsOf(pid), ...(await sink.call('received')) }
    await poster.call('post', { ...plan, seconds })
    await sleep(3_000)
    const after = await sink.call('received')
    const sent = eventsPerPost * postsPerSecond * seconds
    return {
      cpuMs: ((cpuMsOf(pid) - before.cpuMs) / sent) * 1_000,
      arrived: ((after.events - before.events) / sent) * 100,
      requests: (after.posts - before.posts) / seconds,
      resident: residentOf(pid).now,
    }
  } finally {
    const ended = once(relay, 'exit')
    relay.kill('SIGKILL')
    await Promise.all([ended, sink.stop(), poster.stop()])
    flags.close()
  }
}
