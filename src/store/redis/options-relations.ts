import type { ConfigIssue } from '../../model/errors.ts'
import { hasHashTag } from './keys.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'

/** Each says where the database is, so only one of them can. */
const WAYS = ['url', 'host', 'path', 'client', 'sentinels', 'cluster', 'redisOpts'] as const
/** What these say is said by a client, or by options of ioredis, in their own words. */
const BESIDE_WAYS = ['username', 'password', 'db', 'tls'] as const

/** What is wrong with options that have the right form each. */
export function* relationIssues(options: RedisStoreOptions): Generator<ConfigIssue> {
  const { sentinels, name, cluster, client, prefix, db, tls } = options
  const ways = WAYS.filter(
    (way) => options[way] !== undefined || (way === 'host' && options.port !== undefined),
  )
  if (ways.length > 1) {
    yield issue('', `one of ${WAYS.join(', ')}`, ways.join(' and '))
  }
  if ((sentinels === undefined) !== (name === undefined)) {
    yield issue('', 'sentinels together with the name of their master', 'one without the other')
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    yield issue('.tls', 'cert and key together', 'one without the other')
  }
  if (cluster && db) {
    yield issue('.db', '0: a cluster has no other', `number ${db}`)
  }
  if (options.cacheTtlMs !== undefined && options.cacheTTL !== undefined) {
    yield issue('.cacheTTL', 'nothing beside cacheTtlMs', `number ${options.cacheTTL}`)
  }
  if ((cluster || client?.isCluster) && prefix !== undefined && !hasHashTag(prefix)) {
    yield issue(
      '.prefix',
      `a prefix with a hash tag, such as {${prefix}}, because a cluster writes at once only what lies on one node`,
      'a prefix without one',
    )
  }
}

/** What counts for nothing, and what is dangerous. */
export function* doubts(options: RedisStoreOptions): Generator<string> {
  const way = options.client ? 'client' : options.redisOpts ? 'redisOpts' : undefined
  if (way) {
    for (const name of BESIDE_WAYS) {
      if (options[name] !== undefined) yield `redisStore: ${name} counts for nothing beside ${way}`
    }
  }
  if (options.tls?.verify === 'never') {
    yield 'redisStore: tls.verify is "never": certificates are NOT verified. Whoever is on the path can read the ' +
      'password and change every flag. Give the authority as tls.ca instead'
  }
}

function issue(path: string, expected: string, received: string): ConfigIssue {
  return { path: `redisStore${path}`, expected, received }
}
