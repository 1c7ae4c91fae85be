import type { Clock } from './clock.ts'

/** Resolves after `ms` milliseconds, or as soon as the signal aborts. The caller checks the signal afterwards. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve()
  return new Promise((resolve) => {
    const wake = (): void => {
      disarm()
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const disarm = clock.after(ms, wake)
    signal.addEventListener('abort', wake)
  })
}

/** Returns the value of a promise, or `late` after `ms` milliseconds. The promise can be awaited again then. */
export function within<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
): Promise<{ readonly value: T } | 'late'> {
  return new Promise((resolve, reject) => {
    const disarm = clock.after(ms, () => resolve('late'))
    promise.then((value) => resolve({ value }), reject).finally(disarm)
  })
}
