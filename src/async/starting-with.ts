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
