import type { Clock } from './clock.ts'

/** A notification for one waiter. A notification that arrives without a waiter ends the next wait at once. */
export class Wakeup {
  #notified = false
  #wake: (() => void) | undefined

  notify(): void {
    this.#notified = true
    this.#wake?.()
  }

  wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        disarm()
        signal.removeEventListener('abort', wake)
        this.#wake = undefined
        this.#notified = false
        resolve()
      }
      const disarm = clock.after(ms, wake)
      this.#wake = wake
      signal.addEventListener('abort', wake)
      if (this.#notified || signal.aborted) wake()
    })
  }
}
