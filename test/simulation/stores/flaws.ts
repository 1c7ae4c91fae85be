import type { PersistentStore } from '../../../src/model/persistent-store.ts'
import type { WriteLease } from '../../../src/store/mirror/write-lease.ts'
import { StoreMonitor } from '../../../src/store/store-monitor.ts'

/** Mistakes that the simulation must notice. Each is planted where parts are put together, not in their text. */
export const FLAWS = [
  'a look sees only the marker',
  'a write does not say which sidecar it replaced',
  'a holder whose source is interrupted keeps the lease',
  'an interrupted source counts as connected',
  'a repair replaces later rows',
  'the status follows failures alone',
  'servers share no history',
] as const

export type Flaw = (typeof FLAWS)[number]

/** The same store with a mistake of its own. */
export function flawedStore(store: PersistentStore, flaw: Flaw | undefined): PersistentStore {
  switch (flaw) {
    case 'a look sees only the marker': {
      let sidecar: string | undefined
      let counts = { flag: 0, segment: 0 }
      return {
        ...store,
        // What the mirror expects is what it last wrote or read.
        summary: async (signal) => {
          const { initialized } = await store.summary(signal)
          return { initialized, ...(sidecar !== undefined && { sidecar }), counts }
        },
        readAll: async (signal) => {
          const stored = await store.readAll(signal)
          ;({ sidecar } = stored)
          counts = { flag: stored.rows.length, segment: 0 }
          return stored
        },
        write: async (write, signal) => {
          const report = await store.write(write, signal)
          const { replaced: _, ...rest } = report
          const now = await store.readAll(signal)
          ;({ sidecar } = now)
          counts = { flag: now.rows.length, segment: 0 }
          return sidecar === undefined ? rest : report
        },
      }
    }
    case 'a write does not say which sidecar it replaced': {
      let last: string | undefined
      return {
        ...store,
        write: async (write, signal) => {
          const { replaced: _, ...report } = await store.write(write, signal)
          const replaced = last
          last = write.sidecar
          return replaced === undefined ? report : { ...report, replaced }
        },
      }
    }
    case 'a repair replaces later rows':
      return {
        ...store,
        write: (write, signal) =>
          store.write(write.type === 'merge' ? { ...write, type: 'full' } : write, signal),
      }
    default:
      return store
  }
}

/** The same writeLease with a mistake of its own. */
export function flawedLease(writeLease: WriteLease, flaw: Flaw | undefined): WriteLease {
  if (flaw !== 'a holder whose source is interrupted keeps the lease') return writeLease
  return { ...writeLease, request: (signal) => writeLease.request(signal, () => true) }
}

/** A monitor that takes note of a pending write only where a call failed. */
export class DeafMonitor extends StoreMonitor {
  override update(note: Parameters<StoreMonitor['update']>[0]): void {
    const { state } = this.status.current
    super.update(note.stale && !note.lost && state !== 'unavailable' ? { ...note, stale: false } : note)
  }
}
