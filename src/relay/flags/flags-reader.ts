import type { FlagReader } from '../../evaluation/run.ts'
import type { ItemKind, Snapshot } from '../../model/change-set.ts'
import type { Memberships } from '../client-side/evaluated-flags.ts'
import type { UsageReader } from '../events/usage-view.ts'
import type { ChangeMemory } from './change-memory.ts'
import type { ItemIndex } from './item-index.ts'

/** Access to the flags of one environment for the page. */
export interface FlagsReader {
  /** Returns the data that clients receive; `undefined` before the first data. */
  readonly snapshot: () => Snapshot | undefined
  /** Returns true if a file of overrides replaces the flag or segment. */
  readonly isOverridden: (kind: ItemKind, key: string) => boolean
  readonly changes: Pick<ChangeMemory, 'of' | 'lastChangeAt' | 'changedKeys'>
  readonly index: Pick<ItemIndex, 'select'>
  /** Returns the memberships for one request; `undefined` if the relay keeps no members of big segments. */
  readonly memberships: () => Memberships | undefined
  /** Returns the counts of evaluations; `undefined` if the relay does not count them. */
  readonly usage: () => UsageReader | undefined
}

/** Returns a reader for the evaluation. */
export function evaluationReader({ flags, segments }: Snapshot): FlagReader {
  return {
    flag: (key) => flags.get(key)?.object,
    segment: (key) => segments.get(key)?.object,
  }
}
