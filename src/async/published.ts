import { Queue } from './queue.ts'

/** A value that changes, and those who want to know. */
export class Published<T> {
  readonly #queues = new Set<Queue<T>>()
  #current: T
  #closed = false

  constructor(initial: T) {
    this.#current = initial
  }

  get current(): T {
    return this.#current
  }

  /** Takes a value nobody needs to be told of. */
  amend(value: T): void {
    this.#current = value
  }

  publish(value: T): void {
    this.#current = value
    for (const queue of this.#queues) queue.push(value)
  }

  /** The value now, or what stands for it, then each that follows, in order, until closed. */
  async *changes(first: T = this.#current): AsyncGenerator<T, void, undefined> {
    const queue = new Queue<T>()
    queue.push(first)
    if (this.#closed) queue.close()
    else this.#queues.add(queue)
    try {
      yield* queue
    } finally {
      this.#queues.delete(queue)
    }
  }

  /** Ends every iteration of {@link changes}. */
  close(): void {
    this.#closed = true
    for (const queue of this.#queues) queue.close()
  }
}
