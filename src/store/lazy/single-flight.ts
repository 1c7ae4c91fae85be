import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { errorText } from '../../model/error-text.ts'
import { StoreError } from '../../model/errors.ts'

interface SingleFlightOptions {
  readonly clock: Clock
  /** Ends every question that is still open. */
  readonly signal: AbortSignal
}

/** A question on its way. */
interface SharedRead {
  readonly signal: AbortSignal
  /** Whether the answer may be kept: nobody said in the meantime that it is outdated. */
  readonly current: boolean
}

type Ask<T> = (flight: SharedRead) => Promise<T>

/** A read that takes longer has failed: somebody is waiting for a flag. */
const READ_MS = 5_000
/** While the database does not answer, how long nothing is asked: each read would wait for the same failure. */
const PAUSE_MS = 1_000

/** Questions to a database: of several that ask the same at the same time, one goes (D18). */
export class SingleFlight {
  readonly #options: SingleFlightOptions
  readonly #underWay = new Map<string, Promise<unknown>>()
  #pausedUntil = -Infinity
  #lastError: StoreError | undefined

  constructor(options: SingleFlightOptions) {
    this.#options = options
  }

  /** The answer, which others may be waiting for already. Rejects with a {@link StoreError}. */
  run<T>(question: string, ask: Ask<T>): Promise<T> {
    const underWay = this.#underWay.get(question)
    if (underWay) return underWay as Promise<T>
    const isCurrent = (): boolean => this.#underWay.get(question) === answer
    const answer: Promise<T> = this.#ask(ask, isCurrent).finally(() => {
      if (isCurrent()) this.#underWay.delete(question)
    })
    this.#underWay.set(question, answer)
    return answer
  }

  /** What is under way is outdated: whoever asks from now on gets an answer from after now. */
  forget(question: string): void {
    this.#underWay.delete(question)
  }

  /** The same for every question. */
  forgetAll(): void {
    this.#underWay.clear()
  }

  async #ask<T>(ask: Ask<T>, isCurrent: () => boolean): Promise<T> {
    const { clock, signal: closed } = this.#options
    if (this.#lastError && clock.monotonic() < this.#pausedUntil) throw this.#lastError
    // Somebody waits for a flag: the process must not end before the answer.
    const release = clock.hold()
    try {
      return await withDeadline(clock, READ_MS, closed, (signal) =>
        ask({
          signal,
          get current() {
            return isCurrent()
          },
        }),
      )
    } catch (error) {
      const failure = error instanceof StoreError ? error : new StoreError('unavailable', errorText(error))
      // What is refused is refused to one question; others may be answered.
      if (failure.kind !== 'refused') {
        this.#lastError = failure
        this.#pausedUntil = clock.monotonic() + PAUSE_MS
      }
      throw failure
    } finally {
      release()
    }
  }
}

interface CachedBooleanOptions extends SingleFlightOptions {
  readonly ask: (signal: AbortSignal) => Promise<boolean>
  /** How long an answer is believed, `true` and `false` alike, milliseconds. */
  readonly ttlMs: number
  /** How much longer while the database does not answer. */
  readonly staleOnErrorMs: number
  readonly clock: Clock
}

/** Something about a database that is true or not, asked again when the answer is too old to be believed. */
export class CachedBoolean {
  readonly #options: CachedBooleanOptions
  readonly #flights: SingleFlight
  #known: { readonly answer: boolean; readonly until: number } | undefined

  constructor(options: CachedBooleanOptions) {
    this.#options = options
    this.#flights = new SingleFlight(options)
  }

  /** The last answer, believed or not; `undefined` while there was none. */
  get last(): boolean | undefined {
    return this.#known?.answer
  }

  /** Takes an answer that was obtained by another read. */
  set(known: { readonly answer: boolean }): void {
    const { clock, ttlMs } = this.#options
    this.#known = { ...known, until: clock.monotonic() + ttlMs }
  }

  /** At once while it is believed. Rejects with a {@link StoreError} when the database does not answer. */
  get(): boolean | Promise<boolean> {
    return this.#within(0) ?? this.#ask()
  }

  /** It may have changed. */
  invalidate(): void {
    this.#flights.forgetAll()
    const now = this.#options.clock.monotonic()
    if (this.#known) this.#known = { ...this.#known, until: Math.min(this.#known.until, now) }
  }

  async #ask(): Promise<boolean> {
    const { clock, ttlMs, staleOnErrorMs, ask } = this.#options
    try {
      return await this.#flights.run('it', async (flight) => {
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
