import type { ServerResponse } from 'node:http'
import { Doorbell } from '../../async/doorbell.ts'
import { Listeners } from '../../async/listeners.ts'
import { sleep } from '../../async/sleep.ts'
import { type Conversation, serveEvents } from '../../server/event-stream.ts'
import { refuse } from '../../server/respond.ts'
import type { Surroundings } from '../operation/surface.ts'
import { type News, newsOf } from './news.ts'

/** Beyond this many viewers are turned away. */
const MOST_VIEWERS = 100
/** What changes together is told together, and never more often than this. */
const GATHER_MS = 250
/** How often clients and traffic are looked at, which tell nobody when they change. */
const REFRESH_MS = 5_000

const HEADERS = {
  'cache-control': 'no-store, no-transform',
  'x-content-type-options': 'nosniff',
} as const

/** Tells everybody who looks how the relay does, whenever that is another. Does nothing while nobody looks. */
export class StatusFeed {
  readonly #surroundings: Surroundings
  readonly #viewers: Listeners<void>
  readonly #bell = new Doorbell()
  #latest: News | undefined
  #isWatching = false

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#viewers = new Listeners(surroundings.onError)
  }

  /** Tells at once, and then all that follows, until either side ends the stream; 503 where there are too many. */
  async serve(response: ServerResponse): Promise<void> {
    const { clock, closing, config, onError } = this.#surroundings
    if (closing.aborted || this.#viewers.size >= MOST_VIEWERS) {
      return refuse(response, 503, { 'retry-after': '5' })
    }
    this.#look()
    const { heartbeatMs, stallMs, maxClientConnectionMs } = config()
    const lifetimeMs = (): number => maxClientConnectionMs || Infinity
    const settings = { clock, heartbeatMs, stallMs, closing, lifetimeMs, onCut: () => {} }
    const over = serveEvents(response, this.#conversation(), settings, HEADERS)
    if (!this.#isWatching) this.#watch().catch(onError)
    await over
  }

  /** With one viewer, who is told the whole view only when it is another than the last. */
  #conversation(): Conversation {
    let heard: News | undefined
    return {
      next: () => {
        const news = this.#latest
        if (!news || news === heard) return undefined
        const isOther = news.essence !== heard?.essence
        heard = news
        return isOther ? news.view : news.alive
      },
      subscribe: (ring) => {
        const forget = this.#viewers.add(ring)
        return () => {
          forget()
          if (this.#viewers.size === 0) this.#bell.ring()
        }
      },
      farewell: () => undefined,
    }
  }

  async #watch(): Promise<void> {
    const { clock, onChange, closing } = this.#surroundings
    this.#isWatching = true
    const unsubscribe = onChange(() => this.#bell.ring())
    try {
      while (this.#viewers.size > 0 && !closing.aborted) {
        await this.#bell.wait(clock, REFRESH_MS, closing)
        await sleep(clock, GATHER_MS, closing)
        if (this.#viewers.size > 0) this.#look()
        this.#viewers.emit()
      }
    } finally {
      this.#isWatching = false
      this.#latest = undefined
      unsubscribe()
    }
  }

  #look(): void {
    this.#latest = newsOf(this.#surroundings.view())
  }
}
