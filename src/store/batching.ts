import { childOf } from '../async/signals.ts'

export interface BatchLimits<T> {
  /** How many items one portion may have. */
  readonly maxItems: number
  /** What their sizes may add up to; an item that is larger by itself has a portion of its own. Default: anything. */
  readonly maxSize?: number
  readonly sizeOf?: (item: T) => number
}

/** The same items in the same order, as many at once as a database takes. */
export function* inBatches<T>(
  items: Iterable<T>,
  { maxItems, maxSize = Infinity, sizeOf = () => 0 }: BatchLimits<T>,
): Generator<readonly T[], void, undefined> {
  let portion: T[] = []
  let size = 0
  for (const item of items) {
    const added = sizeOf(item)
    if (portion.length === maxItems || (portion.length > 0 && size + added > maxSize)) {
      yield portion
      portion = []
      size = 0
    }
    portion.push(item)
    size += added
  }
  if (portion.length > 0) yield portion
}

/**
 * Does the work for each item, a few at a time, in the order of the items. After the first failure nothing more is begun,
 * and the signal of what is under way aborts; when this rejects, nothing is under way any more.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  width: number,
  parent: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, end } = childOf(parent)
  const queue = oneByOne(items)
  const worker = async (): Promise<void> => {
    try {
      for (const item of queue) await work(item, signal)
    } catch (error) {
      end(error)
      throw error
    }
  }
  const workers = Array.from({ length: width }, worker)
  try {
    await Promise.all(workers)
  } catch (error) {
    await Promise.allSettled(workers)
    throw error
  } finally {
    end()
  }
}

/** For many to take from; whoever breaks off ends it for all. */
function* oneByOne<T>(items: Iterable<T>): Generator<T, void, undefined> {
  yield* items
}
