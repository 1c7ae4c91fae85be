import { childOf } from '../async/signals.ts'

export interface BatchLimits<T> {
  readonly maxItems: number
  /** Greatest sum of their sizes; a larger item has a batch of its own. Default unlimited. */
  readonly maxSize?: number
  readonly sizeOf?: (item: T) => number
}

export function* inBatches<T>(
  items: Iterable<T>,
  { maxItems, maxSize = Infinity, sizeOf = () => 0 }: BatchLimits<T>,
): Generator<readonly T[], void, undefined> {
  let batch: T[] = []
  let size = 0
  for (const item of items) {
    const added = sizeOf(item)
    if (batch.length === maxItems || (batch.length > 0 && size + added > maxSize)) {
      yield batch
      batch = []
      size = 0
    }
    batch.push(item)
    size += added
  }
  if (batch.length > 0) yield batch
}

/**
 * Processes items with bounded concurrency, in their order. After the first failure no further item is started, and the
 * signal of the running ones aborts. Rejects when none is running any more.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  concurrency: number,
  parent: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, end } = childOf(parent)
  const queue = shared(items)
  const worker = async (): Promise<void> => {
    try {
      for (const item of queue) await work(item, signal)
    } catch (error) {
      end(error)
      throw error
    }
  }
  const workers = Array.from({ length: concurrency }, worker)
  try {
    await Promise.all(workers)
  } catch (error) {
    await Promise.allSettled(workers)
    throw error
  } finally {
    end()
  }
}

/** Returns an iterator that several workers share: a worker that stops ends it for all. */
function* shared<T>(items: Iterable<T>): Generator<T, void, undefined> {
  yield* items
}
