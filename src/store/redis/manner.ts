import type { Lease, StoreWrite, WriteReport } from '../../model/persistent-store.ts'

/** What has to happen all at once, or not at all. There are two ways to do that in Redis. */
export interface Manner extends Lease {
  full(write: StoreWrite, signal: AbortSignal): Promise<Told>
  /** Writes what is newer; sets the marker too if the write is a merge. */
  delta(write: StoreWrite, signal: AbortSignal): Promise<Told>
}

/** A write that was done, and whether those who listen were told. */
export interface Told {
  readonly report: WriteReport
  readonly told: 'told' | 'not allowed'
}
