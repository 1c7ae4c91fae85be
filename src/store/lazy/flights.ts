import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { errorText } from '../../model/error-text.ts'
import { StoreError } from '../../model/errors.ts'

export interface FlightsOptions {
  readonly clock: Clock
  /** Ends every question that is still open. */
  readonly signal: AbortSignal
}

/** A question on its way. */
export interface Flight {
  readonly signal: AbortSignal
  /** Whether the answer may be kept: nobody said in the meantime that it is outdated. */
  readonly current: boolean
}

type Ask<T> = (flight: Flight) => Promise<T>

/** A read that takes longer has failed: somebody is waiting for a flag. */
const READ_MS = 5_000
/** While the database does not answer, how long nothing is asked: each read would wait for the same failure. */
const PAUSE_MS = 1_000

/** Questions to a database: of several that ask the same at the same time, one goes (D18). */
export class Flights {
  readonly #options: FlightsOptions
  readonly #underWay = new Map<string, Promise<unknown>>()
  #pausedUntil = -Infinity
  #lastError: StoreError | undefined

  constructor(options: FlightsOptions) {
    this.#options = options
  }

  /** The answer, which others may be waiting for already. Rejects with a {@link StoreError}. */
  share<T>(question: string, ask: Ask<T>): Promise<T> {
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
