import type { Clock, Undo } from './clock.ts'

export interface WaitForOptions<T> {
  readonly clock: Clock
  readonly find: () => T | undefined
  /** Calls `look` whenever the result may have changed. */
  readonly subscribe: (look: () => void) => Undo
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Resolves with the awaited value, or with `timeout` or `aborted` if it did not come. Keeps the process alive meanwhile. Never
 * rejects.
 */
export function waitFor<T>(options: WaitForOptions<T>): Promise<T | 'timeout' | 'aborted'> {
  const { clock, find, subscribe, timeoutMs, signal } = options
  return new Promise((resolve) => {
    const undo: Undo[] = [clock.hold()]
    const settle = (result: T | 'timeout' | 'aborted'): void => {
      for (const step of undo) step()
      resolve(result)
    }
    const look = (): void => {
      const result = find()
      if (result !== undefined) settle(result)
    }
    const giveUp = (): void => settle('aborted')
    if (timeoutMs !== Infinity) undo.push(clock.after(timeoutMs, () => settle('timeout')))
    signal?.addEventListener('abort', giveUp)
    undo.push(() => signal?.removeEventListener('abort', giveUp), subscribe(look))
    if (signal?.aborted) giveUp()
    else look()
  })
}
