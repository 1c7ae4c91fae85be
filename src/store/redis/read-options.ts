import { DEFAULT_PREFIX } from '../../layout/row.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import { CACHE_RIVALS, readUse, tlsWarnings } from '../../options/forms.ts'
import { optionsForm } from './options-form.ts'
import { doubts, relationIssues } from './options-relations.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'

/** Beside a host and its port, each says where the database is, so only one of them can. */
const OTHER_WAYS = ['path', 'client', 'sentinels', 'cluster', 'redisOpts']

const RULES: OptionRules<RedisStoreOptions> = {
  root: 'redisStore',
  form: optionsForm,
  rivals: [['url', 'host', ...OTHER_WAYS], ['url', 'port', ...OTHER_WAYS], CACHE_RIVALS],
  relations: relationIssues,
}

export interface ReadOptions {
  readonly prefix: string
  readonly use: StoreUse
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}

/** Checks options, and reads those that do not say where the database is. Throws a {@link ConfigError}. */
export function readOptions(options: RedisStoreOptions): ReadOptions {
  const warnings = [
    ...checkOptions(options, RULES),
    ...doubts(options),
    ...tlsWarnings(RULES.root, options.tls),
  ]
  const isCluster = options.cluster !== undefined || options.client?.isCluster
  const prefix = options.prefix ?? (isCluster ? `{${DEFAULT_PREFIX}}` : DEFAULT_PREFIX)
  return { prefix, use: readUse(options), warnings }
}
