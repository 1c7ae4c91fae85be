import { readSidecar, writeSidecar } from '../../../src/layout/sidecar.ts'
import type { PersistentStore } from '../../../src/model/persistent-store.ts'
import type { WriteLease } from '../../../src/store/mirror/write-lease.ts'
import { StoreMonitor } from '../../../src/store/store-monitor.ts'

/** Mistakes that the simulation must detect. Each is injected where the parts are connected. */
export const FLAWS = [
  'a check reads only the marker',
  'a write does not report the sidecar that it replaced',
  'a holder whose source is interrupted keeps the lease',
  'an interrupted source counts as connected',
  'rows that are expensive to count are counted too rarely',
  'a repair replaces later rows',
  'a check does not know the payload version of other writers',
  'the status follows failures alone',
  'servers share no history',
] as const

export type Flaw = (typeof FLAWS)[number]

/** Returns the store with the mistake. */
export function flawedStore(store: PersistentStore, flaw: Flaw | undefined): PersistentStore {
  switch (flaw) {
    case 'a check reads only the marker': {
      let sidecar: string | undefined
      let counts = { flag: 0, segment: 0 }
      return {
        ...store,
        // The summary always has the sidecar and the counts of the last write or read.
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
    case 'a write does not report the sidecar that it replaced': {
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
    case 'a check does not know the payload version of other writers': {
      let own: string | undefined
      const hide = <T extends { readonly sidecar?: string }>(stored: T): T => {
        const sidecar = stored.sidecar === own ? undefined : readSidecar(stored.sidecar)
        if (!sidecar) return stored
        const { selector: _, ...rest } = sidecar
        return { ...stored, sidecar: writeSidecar(rest) }
      }
      return {
        ...store,
        summary: async (signal) => hide(await store.summary(signal)),
        readAll: async (signal) => hide(await store.readAll(signal)),
        write: (write, signal) => {
          own = write.sidecar
          return store.write(write, signal)
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

/** Returns the lease with the mistake. */
export function flawedLease(writeLease: WriteLease, flaw: Flaw | undefined): WriteLease {
  if (flaw !== 'a holder whose source is interrupted keeps the lease') return writeLease
  return { ...writeLease, request: (signal) => writeLease.request(signal, () => true) }
}

/** A monitor that reports a pending write only if a call failed. */
export class DeafMonitor extends StoreMonitor {
  override update(note: Parameters<StoreMonitor['update']>[0]): void {
    const { state } = this.status.current
    super.update(note.stale && !note.lost && state !== 'unavailable' ? { ...note, stale: false } : note)
  }
}
