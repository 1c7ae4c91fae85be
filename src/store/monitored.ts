import type { ChangeFeed } from '../model/change-feed.ts'
import { reasonOf } from '../model/error-text.ts'
import { ClosedError, StoreError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type { PersistentStore } from '../model/persistent-store.ts'
import type { Operation, StoreMonitor } from './store-monitor.ts'

/** The same store, whose status follows how its calls end. Every call rejects with a {@link StoreError}. */
export function monitored(store: PersistentStore, monitor: StoreMonitor): PersistentStore {
  const watch = <T>(operation: Operation, call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    const explained = async (): Promise<T> => {
      try {
        return await call()
      } catch (error) {
        throw explain(error, signal)
      }
    }
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
    close: async () => store.close(),
  }
}

/**
 * Returns the same changes. A feed that fails is logged and ends, which costs time until a change is seen and nothing else: what
 * was read is read again at intervals.
 */
export function guardedFeed(feed: ChangeFeed, name: string, logger: Logger): ChangeFeed {
  let warned = false
  return {
    async *changes(signal) {
      try {
        yield* feed.changes(signal)
      } catch (error) {
        if (signal.aborted) return
        const reason = reasonOf(error)
        if (!warned)
          logger.warn(
            `${name} does not announce changes any more: ${reason}; it is read at intervals instead`,
          )
        warned = true
        yield { type: 'interrupted', reason }
      }
    },
  }
}

/** Who was cut off says why it was cut off; anything else says what it says. */
function explain(error: unknown, { aborted, reason }: AbortSignal): StoreError {
  const cause = aborted && !(reason instanceof ClosedError) ? reason : error
  if (cause instanceof StoreError) return cause
  return new StoreError('unavailable', reasonOf(cause), { cause })
}
