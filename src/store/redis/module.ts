import { readFileSync } from 'node:fs'
import { compact } from '../../options/compact.ts'
import type { RelayStoreConfig, StoreModule } from '../store-module.ts'
import { REDIS_ADDRESS } from './address.ts'
import { redisJournal } from './journal.ts'
import { hasHashTag } from './keys.ts'
import type { RedisStoreOptions } from './options.ts'
import { readRelayOptions } from './read-relay-options.ts'
import { redisStore } from './redis-store.ts'
import type { RedisOptions } from './relay-option-types.ts'
import { REDIS_SECTION } from './relay-options.ts'
import { PEER } from './route.ts'

/** A single server by its `url`, a cluster by `clusterNodes`, or a master behind `sentinels`. */
export interface RedisConfig
  extends Omit<RedisOptions, 'host' | 'port' | 'localTtlMs'>,
    Omit<RelayStoreConfig, 'type'> {}

export const REDIS: StoreModule<RedisConfig> = {
  type: 'redis',
  peer: PEER,
  section: REDIS_SECTION,
  addresses: ['host', 'port', 'url', 'clusterNodes', 'sentinels'],
  hasTables: false,
  isTree: false,
  address: REDIS_ADDRESS,
  read: (section, findings) => ({ store: readRelayOptions(section, findings) }),
  prefixProblem: ({ clusterNodes }, prefix) =>
    clusterNodes && !hasHashTag(prefix)
      ? 'a prefix with a hash tag, for example {ld:production}, because a transaction in a cluster needs all keys on one node'
      : undefined,
  describe: (config, environment) => redisStore(storeOptions(config, environment.prefix)),
  openJournal: (config, environment, context) =>
    redisJournal(storeOptions(config, environment.prefix), context),
}

function storeOptions(config: RedisConfig, prefix: string | undefined): RedisStoreOptions {
  const { url, clusterNodes: cluster, sentinels, sentinelMaster: name, sentinelUsername } = config
  const { sentinelPassword, database: db, username, password, caFile, certFile, keyFile } = config
  const tls = compact({ ca: textOf(caFile), cert: textOf(certFile), key: textOf(keyFile) })
  const login = compact({ sentinelUsername, sentinelPassword, username, password })
  return {
    cacheTtlMs: config.localTtlMs,
    ...compact({ prefix, url, cluster, sentinels, name, db }),
    ...login,
    ...((config.tls || Object.keys(tls).length > 0) && { tls }),
  }
}

function textOf(path: string | undefined): string | undefined {
  return path === undefined ? undefined : readFileSync(path, 'utf8')
}
