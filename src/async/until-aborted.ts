/**
 * The same outcome, or the signal's reason at once when it aborts first, however deaf whoever promised is to it. What
 * becomes of the promise afterwards is nobody's concern. Leaves nothing on a long-lived signal.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', cut))
  })
}
