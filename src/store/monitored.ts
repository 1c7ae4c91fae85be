import { ClosedError, StoreError } from '../model/errors.ts'
import type { PersistentStore } from '../model/persistent-store.ts'
import type { Operation, StoreMonitor } from './store-monitor.ts'

/** The same store, whose status follows how its calls end. Every call rejects with a {@link StoreError}. */
export function monitored(store: PersistentStore, monitor: StoreMonitor): PersistentStore {
  const watch = <T>(operation: Operation, call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    const explained = (): Promise<T> =>
      call().catch((error: unknown) => Promise.reject(explain(error, signal)))
    return monitor.observe(operation, explained, signal)
  }
  return {
    name: store.name,
    writeDelayMs: store.writeDelayMs,
    initialized: (signal) => watch('initialized', () => store.initialized(signal), signal),
    get: (kind, key, signal) => watch(`get ${kind}`, () => store.get(kind, key, signal), signal),
    summary: (signal) => watch('summary', () => store.summary(signal), signal),
    readAll: (signal) => watch('readAll', () => store.readAll(signal), signal),
    write: (write, signal) => watch('write', () => store.write(write, signal), signal),
    close: () => store.close(),
  }
}

/** Who was cut off says why it was cut off; anything else says what it says. */
function explain(error: unknown, { aborted, reason }: AbortSignal): StoreError {
  const cause = aborted && !(reason instanceof ClosedError) ? reason : error
  if (cause instanceof StoreError) return cause
  return new StoreError('unavailable', cause instanceof Error ? cause.message : String(cause), { cause })
}
