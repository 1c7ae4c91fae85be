import type { Findings } from '../findings.ts'
import { timeToLive } from '../forms.ts'
import type { Option, OptionSection } from '../option.ts'
import type { DatabaseType, StoreConfig } from '../relay-config.ts'
import type { Section } from '../sections.ts'

/** A kind of database, as the configuration of a relay describes it. */
export interface Database {
  readonly type: DatabaseType
  /** Its section and options. Their paths are relative to `store`. */
  readonly section: OptionSection
  /** The options of which each enables the database. Without any of them, only `enabled` does. */
  readonly addresses: readonly string[]
  /** True if each environment may have a table in place of a prefix. */
  readonly hasTables: boolean
  /** True if other software deletes everything that begins with a prefix, so that no prefix may begin with another. */
  readonly isTree: boolean
  /** Returns the typed configuration of the section and reports its errors. A database may be enabled without a section. */
  read(section: Section | undefined, findings: Findings): StoreChoice
  /** Returns the expectation that the prefix of an environment fails, if it does. */
  prefixProblem(store: StoreConfig, prefix: string): string | undefined
}

/** The database of a relay, and the table of the environments that have none of their own. */
export interface StoreChoice {
  readonly store: StoreConfig
  readonly tableName?: string
}

/** The default of `localTtl`, in milliseconds. */
const DEFAULT_LOCAL_TTL_MS = 30_000

/** An option that every database has. */
export const LOCAL_TTL: Option = {
  name: 'localTtl',
  variable: 'CACHE_TTL',
  path: 'localTtlMs',
  form: timeToLive,
  default: DEFAULT_LOCAL_TTL_MS,
  description:
    'Time for which the relay caches a row that it read from the database; negative for no expiry, 0 for no cache.',
}
