import type { Clock } from '../async/clock.ts'
import { untilAborted, withDeadline } from '../async/signals.ts'
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
  readonly keyFingerprint: string
  /** Longest wait for the database, milliseconds: it must not keep anybody from the service. */
  readonly timeoutMs: number
  /** Receives everything that was read, and the record of the last writer beside it. */
  readonly found: (stored: StoredData, sidecar: Sidecar | undefined) => void
  /** Told what is about to be said, so that it is not written back. */
  readonly resumed: (changeSet: FullChangeSet, marks: readonly HashedRow[]) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** Says what the last writer left in a database, so that a restart costs a delta (D16); nothing when that is not sure. */
export function storeInitializer(options: StoreInitializerOptions): Initializer {
  const { store, keyFingerprint, timeoutMs, found, resumed, clock, logger } = options
  return {
    name: 'store initializer',
    availability: 'cached',
    async *fetch(_basis, signal): AsyncGenerator<SourceResult> {
      try {
        const stored = await withDeadline(clock, timeoutMs, signal, (inTime) => store.readAll(inTime))
        found(stored, readSidecar(stored.sidecar))
        const resumption = await resume(stored, keyFingerprint, clock)
        if (resumption.type === 'refused') {
          logger.info(`${store.name} is no place to resume from: ${resumption.reason}`)
          return
        }
        const { changeSet, rows, sidecar } = resumption
        resumed(changeSet, rows)
        const { environmentId, savedAt } = sidecar
        yield { type: 'changeSet', changeSet, savedAt, ...(environmentId !== undefined && { environmentId }) }
      } catch (error) {
        const message = withStoreName(store.name, reasonOf(error))
        yield { type: 'terminalError', error: { kind: 'store_error', message } }
      }
    },
  }
}

export interface StoreLookOptions {
  /** Asks whether the database can answer reads. Rejects with a {@link StoreError}. */
  readonly look: () => Promise<unknown>
  /** Longest wait for the database, milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/** Returns an initializer that brings nothing: it only lets the reads find out whether the database can answer them. */
export function storeLook({ look, timeoutMs, clock }: StoreLookOptions): Initializer {
  return {
    name: 'store initializer',
    availability: 'cached',
    async *fetch(_basis, signal): AsyncGenerator<SourceResult> {
      const looked = withDeadline(clock, timeoutMs, signal, (inTime) => untilAborted(look(), inTime))
      // The monitor of the store logs why it does not answer.
      await looked.catch(() => undefined)
    },
  }
}
