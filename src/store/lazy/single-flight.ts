import type { Clock } from '../../async/clock.ts'
import { childOf } from '../../async/signals.ts'
import { errorText } from '../../model/error-text.ts'
import { StoreError } from '../../model/errors.ts'

interface SingleFlightOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The failures after which reads fail fast for 1 s. Default `any`. */
  readonly pauseAfter?: 'any' | 'time-out'
}

interface SharedRead {
  readonly signal: AbortSignal
  /** False if {@link SingleFlight.forget} was called during the read, so that the answer must not be cached. */
  readonly current: boolean
}

type Read<T> = (flight: SharedRead) => Promise<T>

const READ_TIMEOUT_MS = 5_000
const TIMED_OUT = 'no answer in 5 s'
/** Time after a failure in which reads fail at once with the same error, in milliseconds. */
const PAUSE_MS = 1_000

/** Single-flight reads: concurrent reads of one key share one request (D18). After a failure, reads fail fast for 1 s. */
export class SingleFlight {
  readonly #options: SingleFlightOptions
  readonly #inProgress = new Map<string, Promise<unknown>>()
  #pausedUntil = -Infinity
  #lastError: StoreError | undefined

  constructor(options: SingleFlightOptions) {
    this.#options = options
  }

  run<T>(key: string, read: Read<T>): Promise<T> {
    const inProgress = this.#inProgress.get(key)
    if (inProgress) return inProgress as Promise<T>
    const isCurrent = (): boolean => this.#inProgress.get(key) === answer
    const answer: Promise<T> = this.#start(read, isCurrent).finally(() => {
      if (isCurrent()) this.#inProgress.delete(key)
    })
    this.#inProgress.set(key, answer)
    return answer
  }

  /** Detaches the read in progress of a key, so that later callers start another one. */
  forget(key: string): void {
    this.#inProgress.delete(key)
  }

  forgetAll(): void {
    this.#inProgress.clear()
  }

  async #start<T>(read: Read<T>, isCurrent: () => boolean): Promise<T> {
    const { clock, signal: closed, pauseAfter = 'any' } = this.#options
    if (this.#lastError && clock.monotonic() < this.#pausedUntil) throw this.#lastError
    // The process must not end before the answer.
    const undoHold = clock.hold()
    const startedAt = clock.monotonic()
    const { signal, end, release } = childOf(closed)
    const disarm = clock.after(READ_TIMEOUT_MS, () => end(new Error(TIMED_OUT)))
    try {
      return await read({
        signal,
        get current() {
          return isCurrent()
        },
      })
    } catch (error) {
      const failure = error instanceof StoreError ? error : new StoreError('unavailable', errorText(error))
      // A refusal concerns one request only; other reads may succeed.
      const now = clock.monotonic()
      const pauses = pauseAfter === 'any' || now - startedAt >= READ_TIMEOUT_MS
      if (failure.kind !== 'refused' && pauses) {
        this.#lastError = failure
        this.#pausedUntil = now + PAUSE_MS
      }
      throw failure
    } finally {
      disarm()
      // The read has ended, so an abort would only take time.
      release()
      undoHold()
    }
  }
}

interface CachedBooleanOptions extends SingleFlightOptions {
  readonly ask: (signal: AbortSignal) => Promise<boolean>
  readonly ttlMs: number
  readonly staleOnErrorMs: number
  readonly clock: Clock
}

export class CachedBoolean {
  readonly #options: CachedBooleanOptions
  readonly #singleFlight: SingleFlight
  #known: { readonly answer: boolean; readonly until: number } | undefined

  constructor(options: CachedBooleanOptions) {
    this.#options = options
    this.#singleFlight = new SingleFlight(options)
  }

  /** The last answer, also if it has expired; `undefined` before the first one. */
  get last(): boolean | undefined {
    return this.#known?.answer
  }

  set(known: { readonly answer: boolean }): void {
    const { clock, ttlMs } = this.#options
    this.#known = { ...known, until: clock.monotonic() + ttlMs }
  }

  /** Returns the answer, or a promise if it has expired. Rejects with a {@link StoreError} if the database does not answer. */
  get(): boolean | Promise<boolean> {
    return this.#within(0) ?? this.#ask()
  }

  invalidate(): void {
    this.#singleFlight.forgetAll()
    const now = this.#options.clock.monotonic()
    if (this.#known) this.#known = { ...this.#known, until: Math.min(this.#known.until, now) }
  }

  async #ask(): Promise<boolean> {
    const { clock, ttlMs, staleOnErrorMs, ask } = this.#options
    try {
      return await this.#singleFlight.run('value', async (flight) => {
        const answer = await ask(flight.signal)
        // An answer that was invalidated during the read is returned, but expires at once.
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
