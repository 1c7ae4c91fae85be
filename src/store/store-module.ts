import type { BigSegmentDatabase } from '../model/big-segment-patch.ts'
import type { Journal, StoreContext, StoreDescription, StoredText } from '../model/persistent-store.ts'
import type { IssueCollector } from '../options/issues.ts'
import type { Peer } from '../options/load-peer.ts'
import type { Option, OptionSection, Section } from '../options/option-table.ts'
import { timeToLive } from '../options/value-forms.ts'
import type { InspectedStore } from './inspected-store.ts'

/**
 * The description of a store type for the relay, `halyard archive` and `halyard inspect`. Each folder of `src/store` exports
 * one from `module.ts`, and `registry.ts` lists them.
 */
export interface StoreModule<C extends RelayStoreConfig = RelayStoreConfig> {
  readonly type: C['type']
  /** The optional package that the store needs, or `undefined` if it needs none. */
  readonly peer: Peer | undefined
  /** The section of a relay configuration. The paths of its options are relative to `store`. */
  readonly section: OptionSection
  /** The options that enable the store. Without any of them, only `enabled` does. */
  readonly addresses: readonly string[]
  /** True if each environment may have a table in place of a prefix. */
  readonly hasTables: boolean
  /** True if other software deletes everything that begins with a prefix, so that no prefix may begin with another. */
  readonly isTree: boolean
  /** True if {@link openText} returns a place. */
  readonly hasTexts: boolean
  readonly address: InspectedStore
  /** Returns the typed configuration of the section and reports its errors. A store may be enabled without a section. */
  read(section: Section | undefined, collector: IssueCollector): SelectedStore<C>
  /** Returns a description of the prefixes that the store accepts if it does not accept this one, otherwise `undefined`. */
  prefixProblem(config: C, prefix: string): string | undefined
  /** Returns the store of an environment. Throws if a file that the configuration names cannot be read. */
  describe(config: C, environment: EnvironmentRows): StoreDescription
  /** Opens the list in which relays share the changes of an environment. `undefined` if the store cannot hold one. */
  openJournal(config: C, environment: EnvironmentRows, context: StoreContext): Journal | undefined
  /** Opens the members of big segments of an environment. `undefined` if there is no layout for them in the store. */
  openBigSegments(
    config: C,
    environment: EnvironmentRows,
    context: StoreContext,
  ): BigSegmentDatabase | undefined
  /** Opens a place for one text under a key of the database. `undefined` if the store cannot hold one. */
  openText(config: C, place: TextPlace, context: StoreContext): StoredText | undefined
}

/** The members that the typed configuration of every store has. */
export interface RelayStoreConfig {
  readonly type: string
  /** Time for which the relay caches a row, in milliseconds; 0 for no cache, `Infinity` for no expiry. Default 30,000. */
  readonly localTtlMs: number
}

interface TextPlace {
  readonly key: string
  readonly tableName?: string
}

export interface EnvironmentRows {
  readonly prefix?: string
  readonly tableName?: string
}

/** The store of a relay, and the table of the environments that have none of their own. */
export interface SelectedStore<C extends RelayStoreConfig = RelayStoreConfig> {
  readonly store: C
  readonly tableName?: string
}

const DEFAULT_LOCAL_TTL_MS = 30_000

export const LOCAL_TTL: Option = {
  name: 'localTtl',
  variable: 'CACHE_TTL',
  path: 'localTtlMs',
  form: timeToLive,
  default: DEFAULT_LOCAL_TTL_MS,
  description:
    'Time for which the relay caches a row that it read from the database; negative for no expiry, 0 for no cache.',
}
