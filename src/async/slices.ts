import type { Clock } from './clock.ts'

/** The longest time for which work may occupy the event loop without a pause, in milliseconds. */
const SLICE_MS = 4

export type SlicePause = () => Promise<void> | undefined

/**
 * Divides long work into time slices, so that a large payload does not block the event loop. Call the returned function
 * after each unit of work and await the promise that it returns, if any.
 *
 * @example
 * ```ts
 * const pause = timeSlices(clock)
 * for (const row of rows) {
 *   handle(row)
 *   const paused = pause()
 *   if (paused) await paused
 * }
 * ```
 */
export function timeSlices(clock: Clock): SlicePause {
  let endsAt = clock.monotonic() + SLICE_MS
  return () => {
    if (clock.monotonic() < endsAt) return undefined
    return clock.breathe().then(() => {
      endsAt = clock.monotonic() + SLICE_MS
    })
  }
}

export async function* paced<T>(items: Iterable<T>, clock: Clock): AsyncGenerator<T> {
  const pause = timeSlices(clock)
  for (const item of items) {
    yield item
    const paused = pause()
    if (paused) await paused
  }
}

export async function inSlices<T>(items: Iterable<T>, clock: Clock, work: (item: T) => void): Promise<void> {
  const pause = timeSlices(clock)
  for (const item of items) {
    work(item)
    const paused = pause()
    if (paused) await paused
  }
}

/** Work that can pause after each step, and its result. */
export type Steps<R> = Generator<undefined, R, undefined>

/** Runs all steps, in time slices. Returns their result. */
export async function finishInSlices<R>(steps: Steps<R>, clock: Clock): Promise<R> {
  const pause = timeSlices(clock)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    const paused = pause()
    if (paused) await paused
  }
}

/** Runs all steps without a pause. Returns their result. */
export function finishAtOnce<R>(steps: Steps<R>): R {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/**
 * Time slices that several calls share. Their work is done one after another, in the order of the calls, so that many calls at
 * once occupy the event loop no longer without a pause than one does.
 */
export class SharedSlices {
  readonly #clock: Clock
  readonly #sliceMs: number
  /** Resolves when the work of the last call has ended. */
  #last: Promise<unknown> = Promise.resolve()
  #pending = 0
  #endsAt = 0

  /** @param sliceMs - the longest time without a pause, in milliseconds. */
  constructor(clock: Clock, sliceMs: number) {
    this.#clock = clock
    this.#sliceMs = sliceMs
  }

  /** Calls `work` after that of earlier calls. Like {@link timeSlices}, it calls `pause` after each unit of work. */
  run<R>(work: (pause: SlicePause) => Promise<R>): Promise<R> {
    // Work that had to wait continues the slice of the work before it.
    if (this.#pending === 0) this.#endsAt = this.#clock.monotonic() + this.#sliceMs
    this.#pending += 1
    const result = this.#last.then(async () => {
      await this.#pause()
      return work(this.#pause)
    })
    const ended = (): void => {
      this.#pending -= 1
    }
    this.#last = result.then(ended, ended)
    return result
  }

  readonly #pause: SlicePause = () => {
    const clock = this.#clock
    if (clock.monotonic() < this.#endsAt) return undefined
    return clock.breathe().then(() => {
      this.#endsAt = clock.monotonic() + this.#sliceMs
    })
  }
}
