import type { Clock } from './clock.ts'

/** The longest time for which work may occupy the event loop without a pause, in milliseconds. */
const SLICE_MS = 4

type SlicePause = () => Promise<void> | undefined

/**
 * Divides long work into time slices, so that a large payload does not block the event loop. Call the returned function
 * after each unit of work and await the promise that it returns, if any.
 *
 * @example
 * const pause = timeSlices(clock)
 * for (const row of rows) {
 *   handle(row)
 *   const paused = pause()
 *   if (paused) await paused
 * }
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
