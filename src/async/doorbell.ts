import type { Clock } from './clock.ts'

/** Wakes whoever waits; a ring nobody waits for is kept for the next who does. */
export class Wakeup {
  #rung = false
  #wake: (() => void) | undefined

  notify(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when it rings, after `ms`, or when the signal aborts, whichever comes first. */
  wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        disarm()
        signal.removeEventListener('abort', wake)
        this.#wake = undefined
        this.#rung = false
        resolve()
      }
      const disarm = clock.after(ms, wake)
      this.#wake = wake
      signal.addEventListener('abort', wake)
      if (this.#rung || signal.aborted) wake()
    })
  }
}
