import type { ConfigIssue } from '../../model/errors.ts'
import { hasHashTag } from './keys.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'

/** What these say is said by a client, or by options of ioredis, in their own words. */
const BESIDE_WAYS = ['username', 'password', 'db', 'tls'] as const

/** What is wrong with options that have the right form each. */
export function* relationIssues(options: RedisStoreOptions): Generator<ConfigIssue> {
  const { sentinels, name, cluster, client, prefix, db } = options
  if ((sentinels === undefined) !== (name === undefined)) {
    yield issue('', 'sentinels together with the name of their master', 'one without the other')
  }
  for (const name of ['username', 'password', 'sentinelPassword'] as const) {
    const value = options.redisOpts?.[name]
    if (typeof value === 'string' && /[\r\n]$/.test(value)) {
      yield issue(`.redisOpts.${name}`, 'a string that does not end with a line break', 'string')
    }
  }
  if (cluster && db) {
    yield issue('.db', '0: a cluster has no other', `number ${db}`)
  }
  if ((cluster || client?.isCluster) && prefix !== undefined && !hasHashTag(prefix)) {
    yield issue(
      '.prefix',
      `a prefix with a hash tag, such as {${prefix}}, because a cluster writes at once only what lies on one node`,
      'a prefix without one',
    )
  }
}

/** What counts for nothing. */
export function* doubts(options: RedisStoreOptions): Generator<string> {
  const way = options.client ? 'client' : options.redisOpts ? 'redisOpts' : undefined
  if (!way) return
  for (const name of BESIDE_WAYS) {
    if (options[name] !== undefined) yield `redisStore.${name} counts for nothing beside ${way}`
  }
}

function issue(path: string, expected: string, received: string): ConfigIssue {
  return { path: `redisStore${path}`, expected, received }
}
