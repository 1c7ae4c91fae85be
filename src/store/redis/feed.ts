import { abortable } from '../../async/abortable.ts'
import { Backoff } from '../../async/backoff.ts'
import { sleep } from '../../async/sleep.ts'
import { readNotice } from '../../layout/sidecar.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import { storeError } from './errors.ts'
import { type SubscriptionOptions, subscribe } from './subscription.ts'

/** Tells of changes as long as it can listen, and of when it cannot: what is said meanwhile is lost. */
export class Feed implements ChangeFeed {
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
        const { message } = storeError(error, 'listen', connection.name)
        if (!interrupted) yield { type: 'interrupted', reason: message }
        interrupted = true
      }
      await sleep(clock, backoff.failed(), signal)
    }
  }
}
