import type { Redis } from 'ioredis'
import type { Clock } from '../../async/clock.ts'
import { Queue } from '../../async/queue.ts'
import { childOf, untilAborted, withDeadline } from '../../async/signals.ts'
import { type Waking, wakeableWaits } from '../../async/wake.ts'
import type { Connection } from './connection.ts'
import { saysOnlyClosed } from './errors.ts'

export interface SubscriptionOptions {
  readonly connection: Connection
  readonly channel: string
  readonly clock: Clock
  readonly random: () => number
}

export type Heard = { readonly type: 'begun' } | { readonly type: 'message'; readonly text: string }

/** A connection that only listens does not notice that the server is gone: the server is asked this often, and on a wake. */
const ASK_MS = 15_000
const ANSWER_MS = 5_000

/**
 * What is said on a channel, over a connection of its own: that listening began, then each message. Throws when it was
 * lost, or could not be made.
 */
export async function* subscribe(
  { connection, channel, clock, random }: SubscriptionOptions,
  parent: AbortSignal,
): AsyncGenerator<Heard, void, undefined> {
  const { signal, end } = childOf(parent)
  const inTime = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(clock, ANSWER_MS, signal, work)
  const client = await inTime((asked) => connection.listener(channel, asked))
  const heard = new Queue<Heard>()
  const lose = (): void => heard.close()
  client.on('message', (_channel, text: string) => heard.push({ type: 'message', text }))
  client.on('end', lose)
  signal.addEventListener('abort', lose)
  let failure: unknown = new Error('the connection was closed')
  try {
    await inTime((asked) => untilAborted(client.subscribe(channel), asked))
    yield { type: 'begun' }
    keepAsking(client, { clock, random }, signal, inTime).catch((error: unknown) => {
      failure = error
      lose()
    })
    yield* heard
    throw connection.failureOf(client) ?? failure
  } catch (error) {
    throw saysOnlyClosed(error) ? (connection.failureOf(client) ?? error) : error
  } finally {
    end()
    connection.end(client)
  }
}

async function keepAsking(
  client: Redis,
  waking: Waking,
  signal: AbortSignal,
  inTime: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>,
): Promise<void> {
  const waits = wakeableWaits(waking)
  try {
    while (!signal.aborted) {
      await waits.wait(ASK_MS, signal)
      if (!signal.aborted) await inTime((asked) => untilAborted(client.ping(), asked))
    }
  } finally {
    waits.stop()
  }
}
