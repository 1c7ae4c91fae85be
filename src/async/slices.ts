import type { Clock } from './clock.ts'

/** How long the process is kept from other work in one go, milliseconds. */
const SLICE_MS = 4

/** The same items, with a pause for everybody else every few milliseconds. */
export async function* paced<T>(items: Iterable<T>, clock: Clock): AsyncGenerator<T> {
  let begun = clock.monotonic()
  for (const item of items) {
    yield item
    if (clock.monotonic() - begun < SLICE_MS) continue
    await clock.breathe()
    begun = clock.monotonic()
  }
}

/** Does something with each of many rows, in slices, so that a large database blocks nobody. */
export async function inSlices<T>(items: Iterable<T>, clock: Clock, work: (item: T) => void): Promise<void> {
  let begun = clock.monotonic()
  for (const item of items) {
    work(item)
    if (clock.monotonic() - begun < SLICE_MS) continue
    await clock.breathe()
    begun = clock.monotonic()
  }
}
