import type { Clock } from '../../async/clock.ts'
import { Flights, type FlightsOptions } from './flights.ts'

export interface BelievedOptions extends FlightsOptions {
  readonly ask: (signal: AbortSignal) => Promise<boolean>
  /** How long an answer is believed, `true` and `false` alike, milliseconds. */
  readonly ttlMs: number
  readonly clock: Clock
}

/** Something about a database that is true or not, asked again when the answer is too old to be believed. */
export class Believed {
  readonly #options: BelievedOptions
  readonly #flights: Flights
  #known: { readonly answer: boolean; readonly until: number } | undefined

  constructor(options: BelievedOptions) {
    this.#options = options
    this.#flights = new Flights(options)
  }

  /** What is believed now; `undefined` when nothing is. */
  get believed(): boolean | undefined {
    const known = this.#known
    return known && this.#options.clock.monotonic() < known.until ? known.answer : undefined
  }

  /** At once while it is believed. Rejects with a {@link StoreError} when the database does not answer. */
  get(): boolean | Promise<boolean> {
    const { clock, ttlMs, ask } = this.#options
    return (
      this.believed ??
      this.#flights.share('it', async ({ signal }) => {
        const answer = await ask(signal)
        this.#known = { answer, until: clock.monotonic() + ttlMs }
        return answer
      })
    )
  }
}
