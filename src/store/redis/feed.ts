import type { Redis } from 'ioredis'
import { abortable } from '../../async/abortable.ts'
import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { type WakeContext, wakeableWaits } from '../../async/freeze-detection.ts'
import { Queue } from '../../async/queue.ts'
import { childOf, untilAborted, withDeadline } from '../../async/signals.ts'
import { sleep } from '../../async/sleep.ts'
import { readNotice } from '../../layout/sidecar.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import type { RedisConnection } from './connection.ts'
import { isOnlyClosed, toRedisError } from './errors.ts'

/**
 * Yields the changes that writers publish, and `interrupted` while it cannot listen: messages published meanwhile are
 * lost.
 */
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
        for await (const event of subscribe(this.#options, signal)) {
          interrupted = false
          backoff.succeeded()
          yield event.type === 'begun' ? { type: 'replaced' } : readNotice(event.text)
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

type SubscriptionEvent = { readonly type: 'begun' } | { readonly type: 'message'; readonly text: string }

/**
 * Time between two PINGs, in milliseconds. A subscriber does not notice a lost connection by itself. A wake of the
 * process causes a PING too.
 */
const PING_INTERVAL_MS = 15_000
const REPLY_MS = 5_000

/**
 * Subscribes on a connection of its own. Yields `begun`, then each message. Throws if the subscription fails or is
 * lost.
 */
async function* subscribe(
  { connection, channel, clock, random }: SubscriptionOptions,
  parent: AbortSignal,
): AsyncGenerator<SubscriptionEvent, void, undefined> {
  const { signal, end } = childOf(parent)
  const inTime = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(clock, REPLY_MS, signal, work)
  const client = await inTime((inner) => connection.openSubscriber(channel, inner))
  const events = new Queue<SubscriptionEvent>()
  const stop = (): void => events.close()
  client.on('message', (_channel, text: string) => events.push({ type: 'message', text }))
  client.on('end', stop)
  signal.addEventListener('abort', stop)
  let failure: unknown = new Error('the connection was closed')
  try {
    await inTime((inner) => untilAborted(client.subscribe(channel), inner))
    yield { type: 'begun' }
    keepPinging(client, { clock, random }, signal, inTime).catch((error: unknown) => {
      failure = error
      stop()
    })
    yield* events
    throw connection.lastErrorOf(client) ?? failure
  } catch (error) {
    throw isOnlyClosed(error) ? (connection.lastErrorOf(client) ?? error) : error
  } finally {
    end()
    connection.disconnect(client)
  }
}

async function keepPinging(
  client: Redis,
  waking: WakeContext,
  signal: AbortSignal,
  inTime: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>,
): Promise<void> {
  const waits = wakeableWaits(waking)
  try {
    while (!signal.aborted) {
      await waits.wait(PING_INTERVAL_MS, signal)
      if (!signal.aborted) await inTime((inner) => untilAborted(client.ping(), inner))
    }
  } finally {
    waits.stop()
  }
}
