import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { given, tell } from '../child.ts'
import type { BenchContext, ClientName, FlagClient } from '../clients/client.ts'
import { openClient } from '../clients/open-client.ts'
import { USERS } from '../evaluation/contexts.ts'
import { promiseLoop } from '../evaluation/loops.ts'
import { ratePerSecond } from '../evaluation/rate.ts'
import { median, quantile } from '../median.ts'
import { quiet } from '../quiet.ts'
import { EVENT_CASES } from './cases.ts'

/** Measures a client that sends events in this process. */
export interface EventsSpec {
  readonly name: ClientName
  readonly url: string
  readonly eventsUrl: string
  readonly measure: 'costs' | 'latency'
}

export interface EventsCosts {
  /** Evaluations per second of processor time of the thread, in the order of the cases. */
  readonly perSecond: readonly number[]
  /** Processor time of all threads for 10,000 evaluations and the delivery of their events, in milliseconds. */
  readonly cpuMs: number
  /** Growth of the heap after 100,000 different contexts, their delivery and a garbage collection, in bytes. */
  readonly heapBytes: number
}

export interface EventsLatency {
  /** 99th percentile of the time of one evaluation, in milliseconds. */
  readonly p99Ms: number
}

const ROUNDS = 15
const EVALUATIONS = 10_000
const CONTEXTS = 100_000
const LATENCY_EVALUATIONS = 20_000

const { name, url, eventsUrl, measure } = given<EventsSpec>()
const client = await openClient(name, url, eventsUrl)
await quiet()
tell(measure === 'costs' ? await costs() : await latency())

async function costs(): Promise<EventsCosts> {
  const perSecond: number[] = []
  for (const each of EVENT_CASES) perSecond.push(await ratePerSecond(promiseLoop(client, each)))
  return { perSecond, cpuMs: await deliveryCost(client), heapBytes: await growth() }
}

/** A tenth of the evaluations has a context that was not seen recently. */
async function deliveryCost(flags: FlagClient): Promise<number> {
  const keys = EVENT_CASES[0]?.keys ?? []
  const spent: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const begun = process.cpuUsage()
    for (let n = 0; n < EVALUATIONS; n++) {
      const person = contextOf(round * EVALUATIONS + Math.floor(n / 10))
      await flags.variationDetail(keys[n % keys.length] as string, person, false)
    }
    await flags.flush()
    const { user, system } = process.cpuUsage(begun)
    spent.push((user + system) / 1_000)
  }
  return median(spent.slice(ROUNDS / 3))
}

async function growth(): Promise<number> {
  await client.flush()
  const before = await heapUsed()
  for (let n = 0; n < CONTEXTS; n++) {
    await client.boolVariation('bench-simple', contextOf(1_000_000 + n), false)
    // Before the queue is full, so that no event is dropped.
    if (n % 5_000 === 0) await client.flush()
  }
  await client.flush()
  return (await heapUsed()) - before
}

/** Each evaluation has a context of its own, and therefore an event. A delivery begins every 1,000 evaluations. */
async function latency(): Promise<EventsLatency> {
  const times: number[] = []
  for (let n = 0; n < LATENCY_EVALUATIONS; n++) {
    const person = contextOf(n)
    const begun = performance.now()
    await client.boolVariation('bench-simple', person, false)
    times.push(performance.now() - begun)
    if (n % 1_000 === 0) client.flush().catch(() => undefined)
    // Deliveries need turns of the event loop.
    if (n % 50 === 0) await sleep(1)
  }
  return { p99Ms: quantile(times.slice(LATENCY_EVALUATIONS / 4), 0.99) }
}

function contextOf(index: number): BenchContext {
  return { ...USERS[0], key: `user-${index}` }
}

async function heapUsed(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) {
    collect()
    await sleep(20)
  }
  return process.memoryUsage().heapUsed
}
