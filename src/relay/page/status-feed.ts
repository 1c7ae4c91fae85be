import type { ServerResponse } from 'node:http'
import { Listeners } from '../../async/listeners.ts'
import { sleep } from '../../async/sleep.ts'
import { Wakeup } from '../../async/wakeup.ts'
import { type EventFeed, serveEvents } from '../../server/event-stream.ts'
import { refuse } from '../../server/respond.ts'
import type { EndpointContext, EventEndpoint } from '../endpoint.ts'
import { EncodedOverview } from './overview.ts'

const MAX_VIEWERS = 100
/** Changes within this time are sent as one event. */
const DEBOUNCE_MS = 250
/** Clients and traffic change without a notification, so the feed reads the view at least this often. */
const REFRESH_MS = 5_000

const HEADERS = {
  'cache-control': 'no-store, no-transform',
  'x-content-type-options': 'nosniff',
} as const

/** `/status/events`: an event stream with the state of the relay, which the page shows. */
export function statusEvents(context: EndpointContext): EventEndpoint {
  const feed = new StatusFeed(context)
  return (response) => feed.serve(response)
}

/** Sends the state of the relay to all viewers when it has changed. Reads nothing while there are no viewers. */
class StatusFeed {
  readonly #context: EndpointContext
  readonly #viewers: Listeners<void>
  readonly #wakeup = new Wakeup()
  #latest: EncodedOverview | undefined
  #isWatching = false

  constructor(context: EndpointContext) {
    this.#context = context
    this.#viewers = new Listeners(context.onError)
  }

  /** Begins to send the state and its changes, until either side ends the stream. Answers 503 if there are too many viewers. */
  serve(response: ServerResponse): void {
    const { clock, closing, config, onError } = this.#context
    if (closing.aborted || this.#viewers.size >= MAX_VIEWERS) {
      refuse(response, 503, { 'retry-after': '5' })
      return
    }
    this.#refresh()
    const { heartbeatMs, stallMs, maxClientConnectionMs } = config()
    const lifetimeMs = (): number => maxClientConnectionMs || Infinity
    const settings = { clock, heartbeatMs, stallMs, closing, lifetimeMs, onStall: () => {} }
    serveEvents(response, this.#createEventFeed(), settings, { headers: HEADERS }).catch(onError)
    if (!this.#isWatching) this.#watch().catch(onError)
  }

  /** Returns the events of one viewer: first `overview`, then the differences from the last state sent. */
  #createEventFeed(): EventFeed {
    let sent: EncodedOverview | undefined
    return {
      next: () => {
        const latest = this.#latest
        if (!latest || latest === sent) return undefined
        const event = sent ? latest.since(sent) : latest.whole
        sent = latest
        return event
      },
      subscribe: (wake) => {
        const unsubscribe = this.#viewers.add(wake)
        return () => {
          unsubscribe()
          if (this.#viewers.size === 0) this.#wakeup.notify()
        }
      },
      goodbye: () => undefined,
    }
  }

  async #watch(): Promise<void> {
    const { clock, onChange, closing } = this.#context
    this.#isWatching = true
    const unsubscribe = onChange(() => this.#wakeup.notify())
    try {
      while (this.#viewers.size > 0 && !closing.aborted) {
        await this.#wakeup.wait(clock, REFRESH_MS, closing)
        await sleep(clock, DEBOUNCE_MS, closing)
        if (this.#viewers.size > 0) this.#refresh()
        this.#viewers.emit()
      }
    } finally {
      this.#isWatching = false
      this.#latest = undefined
      unsubscribe()
    }
  }

  #refresh(): void {
    this.#latest = new EncodedOverview(this.#context.view())
  }
}
