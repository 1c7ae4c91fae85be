import { abortable } from '../async/abortable.ts'
import { handleRejection } from '../async/call-safely.ts'
import { untilAborted } from '../async/signals.ts'
import { reasonOf } from '../model/error-text.ts'
import { ClosedError, StoreError } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import type {
  ChangeFeed,
  Lease,
  PersistentStore,
  Row,
  StoreChange,
  StoredData,
  StoreSummary,
  WriteReport,
} from '../model/persistent-store.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { StoreMonitor, StoreOperation } from './store-monitor.ts'

/**
 * Wraps a store so that the results of its calls update its status. Every call ends when its signal aborts, and rejects
 * with a {@link StoreError}, also if a custom store ignores its signal or returns an invalid value.
 */
export function monitored(store: PersistentStore, monitor: StoreMonitor): PersistentStore {
  const watch = <T>(
    operation: StoreOperation,
    call: () => Promise<T>,
    signal: AbortSignal,
    fits: (result: T) => boolean,
  ): Promise<T> => {
    const explained = async (): Promise<T> => {
      try {
        const result = await untilAborted(Promise.resolve(call()), signal)
        if (!fits(result)) throw new TypeError('the store returned an invalid value')
        return result
      } catch (error) {
        throw explain(error, signal)
      }
    }
    return monitor.observe(operation, explained, signal)
  }
  return {
    name: store.name,
    writeDelayMs: store.writeDelayMs,
    initialized: (signal) => watch('initialized', () => store.initialized(signal), signal, isBoolean),
    get: (kind, key, signal) =>
      watch(`get ${kind}`, () => store.get(kind, key, signal), signal, isRowOrNothing),
    summary: (signal) => watch('summary', () => store.summary(signal), signal, hasMarker),
    readAll: (signal, consistency) =>
      watch('readAll', () => store.readAll(signal, consistency), signal, isStoredData),
    write: (write, signal) => watch('write', () => store.write(write, signal), signal, isReport),
    close: async () => store.close(),
  }
}

/** Wraps a feed so that a failure ends it with one warning. Then readers notice changes only when their cache expires. */
export function guardedFeed(feed: ChangeFeed, name: string, logger: Logger): ChangeFeed {
  const warned = new WarnOnce()
  return {
    async *changes(signal) {
      try {
        const changes = feed.changes(signal)
        handleRejection(changes, () => {})
        if (!isObject(changes) || !(Symbol.asyncIterator in changes))
          throw new TypeError('the feed returned an invalid value')
        yield* abortable(changes, signal, (change) => {
          if (!isStoreChange(change)) throw new TypeError('the feed yielded an invalid change')
        })
      } catch (error) {
        if (signal.aborted) return
        const reason = reasonOf(error)
        if (warned.isFirst())
          logger.warn(
            `${name} does not announce changes any more: ${reason}; it is read at intervals instead`,
          )
        yield { type: 'interrupted', reason }
      }
    },
  }
}

export function guardedLease(lease: Lease): Lease {
  return {
    acquire: async (holder, ttlMs, signal) =>
      untilAborted(Promise.resolve(lease.acquire(holder, ttlMs, signal)), signal),
    release: async (holder, signal) => untilAborted(Promise.resolve(lease.release(holder, signal)), signal),
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isStoreChange(change: StoreChange): boolean {
  if (!isObject(change)) return false
  if (change.type === 'changed') return Array.isArray(change.flags) && Array.isArray(change.segments)
  return change.type === 'replaced' || change.type === 'interrupted'
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isRowOrNothing(row: Row | undefined): boolean {
  return row === undefined || (isObject(row) && typeof row.text === 'string')
}

function hasMarker(summary: StoreSummary): boolean {
  return isObject(summary) && isBoolean(summary.initialized)
}

function isStoredData(data: StoredData): boolean {
  return (
    hasMarker(data) &&
    Array.isArray(data.rows) &&
    data.rows.every((row: Row | undefined) => row !== undefined && isRowOrNothing(row))
  )
}

function isReport(report: WriteReport): boolean {
  return isObject(report) && Array.isArray(report.refused)
}

function explain(error: unknown, { aborted, reason }: AbortSignal): StoreError {
  const cause = aborted && !(reason instanceof ClosedError) ? reason : error
  if (cause instanceof StoreError) return cause
  return new StoreError('unavailable', reasonOf(cause), { cause })
}
