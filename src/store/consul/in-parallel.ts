import { childOf } from '../../async/child-signal.ts'

/**
 * Does the work for each item, a few at a time, in the order of the items. The first failure stops all of it; when this
 * rejects, nothing is under way any more.
 */
export async function inParallel<T>(
  items: Generator<T, void, undefined>,
  width: number,
  parent: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, end } = childOf(parent)
  const worker = async (): Promise<void> => {
    try {
      for (const item of items) await work(item, signal)
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
