/**
 * Calls a callback of the application and passes an exception to `onError`, or the rejection if the callback returns a
 * promise, so that no rejection is left without a handler.
 *
 * @returns the callback's return value; `undefined` if it threw.
 */
export function callSafely<T>(call: () => T, onError: (error: unknown) => void): T | undefined {
  try {
    const returned = call()
    handleRejection(returned, onError)
    return returned
  } catch (error) {
    onError(error)
    return undefined
  }
}

/** Gives a promise a handler for its rejection. Any other value is left alone. Never throws. */
export function handleRejection(value: unknown, onError: (error: unknown) => void): void {
  if (typeof value !== 'object' || value === null) return
  try {
    const { then } = value as { readonly then?: unknown }
    if (typeof then === 'function') then.call(value, undefined, onError)
  } catch (error) {
    onError(error)
  }
}
