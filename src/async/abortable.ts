/**
 * Returns an iterator over the same items that ends as soon as the signal aborts, even if the source ignores the signal.
 * Items that arrive after the abort are dropped. One listener serves the whole iteration: a `Promise.race` per item would
 * leave a reaction on the signal's promise for each item.
 *
 * @param check - is called with each item. What it throws ends the iteration with that error.
 */
export function abortable<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
  check?: (item: T) => void,
): AsyncIterableIterator<T> {
  const inner = items[Symbol.asyncIterator]()
  const ended: IteratorReturnResult<undefined> = { done: true, value: undefined }
  let cut: (() => void) | undefined
  let finished = false

  const finish = (): void => {
    if (finished) return
    finished = true
    signal.removeEventListener('abort', finish)
    cut?.()
    // Not awaited: return() queues behind a pending next(), which a source that ignores its signal never settles.
    // The caller has stopped reading, so a failure of the source has no effect.
    leave(inner).catch(() => undefined)
  }
  signal.addEventListener('abort', finish)
  if (signal.aborted) finish()

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      if (finished) return Promise.resolve(ended)
      return new Promise((resolve, reject) => {
        cut = () => resolve(ended)
        step(inner).then(
          (item) => {
            if (finished) return
            cut = undefined
            try {
              if (typeof item !== 'object' || item === null)
                throw new TypeError('an iterator returned no result')
              if (item.done) finish()
              else check?.(item.value)
              resolve(item)
            } catch (error) {
              finish()
              reject(error)
            }
          },
          (error: unknown) => {
            if (finished) return
            cut = undefined
            finish()
            reject(error)
          },
        )
      })
    },
    return() {
      finish()
      return Promise.resolve(ended)
    },
  }
}

/** Calls `next()` and turns an exception into a rejection: an iterator written by hand may throw. */
function step<T>(items: AsyncIterator<T>): Promise<IteratorResult<T>> {
  try {
    return Promise.resolve(items.next())
  } catch (error) {
    return Promise.reject(error)
  }
}

async function leave(items: AsyncIterator<unknown>): Promise<void> {
  await items.return?.()
}

export function startingWith<T>(first: T, rest: AsyncIterator<T>): AsyncIterator<T> {
  let pending: { readonly item: T } | undefined = { item: first }
  return {
    next() {
      if (!pending) return rest.next()
      const { item } = pending
      pending = undefined
      return Promise.resolve({ done: false, value: item })
    },
  }
}
