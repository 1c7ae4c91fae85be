/**
 * Returns the same items, ending at once when the signal aborts, even if the source ignores it. Nothing that
 * arrives after the abort is let through. Registers one listener for the whole iteration, so a long-lived
 * signal gathers nothing (a `Promise.race` per item would).
 *
 * @param check is called with each item. What it throws ends the iteration with that error.
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
    // Not awaited: return() queues behind a pending next(), which a deaf source never settles.
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

/** A source made by hand may throw where it should reject. */
function step<T>(items: AsyncIterator<T>): Promise<IteratorResult<T>> {
  try {
    return Promise.resolve(items.next())
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Asks a source to end. Rejects if the source throws. */
async function leave(items: AsyncIterator<unknown>): Promise<void> {
  await items.return?.()
}

/** The same iterator with one item put back in front. */
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
