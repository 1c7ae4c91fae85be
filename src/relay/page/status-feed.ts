import type { ServerResponse } from 'node:http'
import { Wakeup } from '../../async/doorbell.ts'
import { Listeners } from '../../async/listeners.ts'
import { sleep } from '../../async/sleep.ts'
import { type EventFeed, serveEvents } from '../../server/event-stream.ts'
import { refuse } from '../../server/respond.ts'
import type { EventEndpoint, Surroundings } from '../endpoint.ts'
import type { RelayView } from '../view.ts'
import { type Verdict, verdictOf } from './verdict.ts'

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
class StatusFeed {
  readonly #surroundings: Surroundings
  readonly #viewers: Listeners<void>
  readonly #bell = new Wakeup()
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
  #conversation(): EventFeed {
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
          if (this.#viewers.size === 0) this.#bell.notify()
        }
      },
      goodbye: () => undefined,
    }
  }

  async #watch(): Promise<void> {
    const { clock, onChange, closing } = this.#surroundings
    this.#isWatching = true
    const unsubscribe = onChange(() => this.#bell.notify())
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

/** What viewers are told of the relay, as the data of an event `view`. */
export interface Told {
  readonly verdict: Verdict
  readonly view: RelayView
}

/** What viewers are told of the relay, encoded once for all of them. */
interface News {
  /** Equal for two that say the same but for the time. */
  readonly essence: string
  /** The event `view`. */
  readonly view: Buffer
  /** The event `alive`, for whoever knows the rest: the relay's clock. */
  readonly alive: Buffer
}

function newsOf(view: RelayView): News {
  const { now } = view
  const told: Told = { verdict: verdictOf(view), view }
  return {
    essence: JSON.stringify(timeless(view)),
    view: eventOf('view', told),
    alive: eventOf('alive', { now }),
  }
}

/** Age grows by itself; what is news is when data was last confirmed, to the second. */
function timeless({ now, ...view }: RelayView): object {
  const environments = view.environments.map(({ source: { ageMs, ...source }, ...environment }) => ({
    ...environment,
    source,
    confirmed: ageMs === undefined ? undefined : Math.round((now - ageMs) / 1_000),
  }))
  return { ...view, environments }
}

/** JSON holds no raw line break, so its data is one line. */
function eventOf(name: string, data: object): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** `/status/events`: how the relay does, as it changes; what the page shows. */
export function statusEvents(surroundings: Surroundings): EventEndpoint {
  const feed = new StatusFeed(surroundings)
  return (response) => feed.serve(response)
}
