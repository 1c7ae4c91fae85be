import type { Clock } from '../async/clock.ts'
import { untilAborted, withDeadline } from '../async/signals.ts'
import type { DataOwner } from '../layout/data-owner.ts'
import type { HashedRow } from '../layout/digest.ts'
import { resume } from '../layout/resume.ts'
import { readSidecar, type Sidecar, withStoreName } from '../layout/sidecar.ts'
import type { FullChangeSet } from '../model/change-set.ts'
import { reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { PersistentStore, StoredData } from '../model/persistent-store.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Initializer } from './initializer.ts'

export interface StoreInitializerOptions {
  readonly store: PersistentStore
  readonly owner: Pick<DataOwner, 'owns'>
  /** Longest wait for the database, in milliseconds. The next source runs afterwards. */
  readonly timeoutMs: number
  /** Called with all data that was read, and with the sidecar of the last writer. */
  readonly onRead: (stored: StoredData, sidecar: Sidecar | undefined) => void
  /** Called with the data before it is yielded, so that the mirror does not write it back. */
  readonly onResume: (changeSet: FullChangeSet, marks: readonly HashedRow[]) => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Reads the data of the last writer from a database, so that a restart needs only a delta from the service (D16).
 * Yields nothing if the data may be incomplete.
 */
export function storeInitializer(options: StoreInitializerOptions): Initializer {
  const { store, owner, timeoutMs, onRead, onResume, clock, logger } = options
  return {
    name: 'store initializer',
    availability: 'cached',
    async *fetch(_basis, signal): AsyncGenerator<SourceResult> {
      try {
        const stored = await withDeadline(clock, timeoutMs, signal, (inTime) => store.readAll(inTime))
        onRead(stored, readSidecar(stored.sidecar))
        const resumption = await resume(stored, owner, clock)
        if (resumption.type === 'refused') {
          logger.info(
            `${store.name}: cannot resume from the stored data: ${resumption.reason}; starting from the service`,
          )
          return
        }
        const { changeSet, rows, sidecar } = resumption
        onResume(changeSet, rows)
        const { environmentId, savedAt } = sidecar
        yield { type: 'changeSet', changeSet, savedAt, ...(environmentId !== undefined && { environmentId }) }
      } catch (error) {
        const message = withStoreName(store.name, reasonOf(error))
        yield { type: 'terminalError', error: { kind: 'store_error', message } }
      }
    },
  }
}

interface StoreProbeOptions {
  readonly probe: () => Promise<unknown>
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Waits for a first probe of the database, on which lazy reads depend. Yields no data. */
export function storeProbe({ probe, timeoutMs, clock }: StoreProbeOptions): Initializer {
  return {
    name: 'store initializer',
    availability: 'cached',
    async *fetch(_basis, signal): AsyncGenerator<SourceResult> {
      const looked = withDeadline(clock, timeoutMs, signal, (inTime) => untilAborted(probe(), inTime))
      // The monitor of the store logs failures.
      await looked.catch(() => undefined)
    },
  }
}
