import type { Redis } from 'ioredis'
import { abortable } from '../../async/abortable.ts'
import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { type Waking, wakeableWaits } from '../../async/freeze-detection.ts'
import { Queue } from '../../async/queue.ts'
import { childOf, untilAborted, withDeadline } from '../../async/signals.ts'
import { sleep } from '../../async/sleep.ts'
import { readNotice } from '../../layout/sidecar.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import type { RedisConnection } from './connection.ts'
import { isOnlyClosed, toRedisError } from './errors.ts'

/** Tells of changes as long as it can listen, and of when it cannot: what is said meanwhile is lost. */
export class RedisFeed implements ChangeFeed {
  readonly #options: SubscriptionOptions

  constructor(options: SubscriptionOptions) {
    this.#options = options
  }

  changes(signal: AbortSignal): AsyncIterable<StoreChange> {
    return abortable(this.#changes(signal), signal)
  }

  async *#changes(signal: AbortSignal): AsyncGenerator<StoreChange, void, undefined> {
    const { connection, clock, random } = this.#options
    const backoff = new Backoff({ clock, random, baseMs: 250, maxMs: 10_000 })
    let interrupted = false
    while (!signal.aborted && !connection.closed) {
      try {
        for await (const heard of subscribe(this.#options, signal)) {
          interrupted = false
          backoff.succeeded()
          yield heard.type === 'begun' ? { type: 'replaced' } : readNotice(heard.text)
        }
      } catch (error) {
        const { message } = toRedisError(error, 'listen', connection.name)
        if (!interrupted) yield { type: 'interrupted', reason: message }
        interrupted = true
      }
      await sleep(clock, backoff.failed(), signal)
    }
  }
}

interface SubscriptionOptions {
  readonly connection: RedisConnection
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
async function* subscribe(
  { connection, channel, clock, random }: SubscriptionOptions,
  parent: AbortSignal,
): AsyncGenerator<Heard, void, undefined> {
  const { signal, end } = childOf(parent)
  const inTime = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(clock, ANSWER_MS, signal, work)
  const client = await inTime((asked) => connection.openSubscriber(channel, asked))
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
    throw connection.lastErrorOf(client) ?? failure
  } catch (error) {
    throw isOnlyClosed(error) ? (connection.lastErrorOf(client) ?? error) : error
  } finally {
    end()
    connection.disconnect(client)
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
