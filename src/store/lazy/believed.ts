import type { Clock } from '../../async/clock.ts'
import { Flights, type FlightsOptions } from './flights.ts'

export interface BelievedOptions extends FlightsOptions {
  readonly ask: (signal: AbortSignal) => Promise<boolean>
  /** How long an answer is believed, `true` and `false` alike, milliseconds. */
  readonly ttlMs: number
  /** How much longer while the database does not answer. */
  readonly staleOnErrorMs: number
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

  /** The last answer, believed or not; `undefined` while there was none. */
  get last(): boolean | undefined {
    return this.#known?.answer
  }

  /** Takes an answer that was obtained by another read. */
  learn(known: { readonly answer: boolean }): void {
    const { clock, ttlMs } = this.#options
    this.#known = { ...known, until: clock.monotonic() + ttlMs }
  }

  /** At once while it is believed. Rejects with a {@link StoreError} when the database does not answer. */
  get(): boolean | Promise<boolean> {
    return this.#within(0) ?? this.#ask()
  }

  /** It may have changed. */
  doubt(): void {
    this.#flights.forgetAll()
    const now = this.#options.clock.monotonic()
    if (this.#known) this.#known = { ...this.#known, until: Math.min(this.#known.until, now) }
  }

  async #ask(): Promise<boolean> {
    const { clock, ttlMs, staleOnErrorMs, ask } = this.#options
    try {
      return await this.#flights.share('it', async (flight) => {
        const answer = await ask(flight.signal)
        // One that was overtaken by a doubt is an answer still, and no longer believed.
        this.#known = { answer, until: clock.monotonic() + (flight.current ? ttlMs : 0) }
        return answer
      })
    } catch (error) {
      const answer = this.#within(staleOnErrorMs)
      if (answer === undefined) throw error
      return answer
    }
  }

  #within(graceMs: number): boolean | undefined {
    const known = this.#known
    return known && this.#options.clock.monotonic() < known.until + graceMs ? known.answer : undefined
  }
}
