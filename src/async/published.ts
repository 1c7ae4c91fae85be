import { Listeners, rethrow } from './listeners.ts'
import { Queue } from './queue.ts'

export class Published<T> {
  readonly #pushes = new Listeners<T>(rethrow)
  readonly #closes = new Listeners<void>(rethrow)
  #current: T
  #closed = false

  constructor(initial: T) {
    this.#current = initial
  }

  get current(): T {
    return this.#current
  }

  /** Replaces the value without notifying subscribers. */
  amend(value: T): void {
    this.#current = value
  }

  publish(value: T): void {
    this.#current = value
    this.#pushes.emit(value)
  }

  /**
   * Yields the current value, then each published value in order, until {@link close}.
   *
   * @param first - is yielded in place of the current value.
   */
  async *changes(first: T = this.#current): AsyncGenerator<T, void, undefined> {
    const queue = new Queue<T>()
    queue.push(first)
    const unsubscribe = this.#pushes.add((value) => queue.push(value))
    const unlink = this.#closes.add(() => queue.close())
    if (this.#closed) queue.close()
    try {
      yield* queue
    } finally {
      unsubscribe()
      unlink()
    }
  }

  /** Ends every iteration of {@link changes}, and each one that begins later after its first value. */
  close(): void {
    this.#closed = true
    this.#closes.emit()
  }
}
