/** An unbounded FIFO queue that is read by asynchronous iteration. The iteration ends when the queue is closed and empty. */
export class Queue<T> implements AsyncIterableIterator<T> {
  readonly #values: T[] = []
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = []
  #closed = false

  push(value: T): void {
    if (this.#closed) return
    const waiting = this.#waiting.shift()
    if (waiting) waiting({ done: false, value })
    else this.#values.push(value)
  }

  close(): void {
    this.#closed = true
    for (const waiting of this.#waiting) waiting({ done: true, value: undefined })
    this.#waiting = []
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) return Promise.resolve({ done: false, value: this.#values.shift() as T })
    if (this.#closed) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#values.length = 0
    this.close()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this
  }
}
