import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { DEFAULT_PREFIX } from '../../layout/row.ts'
import type { ConfigIssue } from '../../model/errors.ts'
import { isJsonObject } from '../../model/json.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import {
  CACHE_TTL_NAMES,
  duration,
  group,
  host,
  port,
  readUse,
  secret,
  storeUseSchemas,
  text,
  tlsSchema,
  tlsWarnings,
} from '../../options/schemas.ts'
import { listThat, openObject, restricted, type Schema, valueThat } from '../../options/value-schema.ts'
import type { TlsOptions } from '../../transport/tls.ts'
import { hasHashTag } from './keys.ts'
import { redisUrlProblem } from './redis-url-problem.ts'

const nodes = restricted(
  listThat(openObject({ host, port }, 'a host and a port'), 'a list of nodes'),
  ({ length }) => length > 0,
  'a node at least',
)

/** Schema of each option by itself; `relationIssues` checks the options together. */
const optionsSchema: Schema = group({
  url: valueThat(
    (url) => redisUrlProblem(url) === undefined,
    (url) => redisUrlProblem(url) ?? 'a URL',
  ),
  host,
  port,
  path: text,
  client: valueThat(isClient, 'a Redis or Cluster of ioredis'),
  sentinels: nodes,
  name: text,
  sentinelUsername: secret,
  sentinelPassword: secret,
  cluster: nodes,
  redisOpts: valueThat(isJsonObject, 'options of ioredis'),
  username: secret,
  password: secret,
  db: valueThat((value) => Number.isInteger(value) && Number(value) >= 0, 'a whole number, 0 or more'),
  tls: tlsSchema,
  prefix: text,
  cacheTTL: duration,
  ...storeUseSchemas,
})

function isClient(value: unknown): boolean {
  const client = value as { readonly duplicate?: unknown; readonly isCluster?: unknown } | null
  return typeof client?.duplicate === 'function' && typeof client.isCluster === 'boolean'
}

/** Options that have no effect if a client or options of ioredis are given. */
const OVERRIDDEN = ['username', 'password', 'db', 'tls'] as const

function* relationIssues(options: RedisStoreOptions): Generator<ConfigIssue> {
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
      `a prefix with a hash tag, such as {${prefix}}, because a transaction in a cluster needs all keys on one node`,
      'a prefix without one',
    )
  }
}

function* ineffective(root: string, options: RedisStoreOptions): Generator<string> {
  const source = options.client ? 'client' : options.redisOpts ? 'redisOpts' : undefined
  if (!source) return
  for (const name of OVERRIDDEN) {
    if (options[name] !== undefined) yield `${root}.${name} has no effect beside ${source}`
  }
}

/** The path begins after the name of the function. */
function issue(path: string, expected: string, received: string): ConfigIssue {
  return { path, expected, received }
}

/** Options that each locate the server, and so exclude each other and `host` with `port`. */
const OTHER_LOCATIONS = ['path', 'client', 'sentinels', 'cluster', 'redisOpts']

/** Returns the rules for the options of the function with this name. */
function rulesOf(root: string): OptionRules<RedisStoreOptions> {
  return {
    root,
    schema: optionsSchema,
    alternatives: [['url', 'host', ...OTHER_LOCATIONS], ['url', 'port', ...OTHER_LOCATIONS], CACHE_TTL_NAMES],
    relations: (options) =>
      [...relationIssues(options)].map((found) => ({ ...found, path: `${root}${found.path}` })),
  }
}

interface CheckedRedisOptions {
  readonly prefix: string
  readonly use: StoreUse
  /** Warnings for the log. They wait until the store is opened, because there is no logger before. */
  readonly warnings: readonly string[]
}

/**
 * Checks the options of the function with the name `root`. Returns the prefix and the use; `routeTo` reads the location.
 * Throws a {@link ConfigError}.
 */
export function checkRedisOptions(options: RedisStoreOptions, root = 'redisStore'): CheckedRedisOptions {
  const warnings = [
    ...checkOptions(options, rulesOf(root)),
    ...ineffective(root, options),
    ...tlsWarnings(root, options.tls),
  ]
  const isCluster = options.cluster !== undefined || options.client?.isCluster
  const prefix = options.prefix ?? (isCluster ? `{${DEFAULT_PREFIX}}` : DEFAULT_PREFIX)
  return { prefix, use: readUse(options), warnings }
}

export interface RedisUrl {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly db?: number
  readonly secure: boolean
}

/** Reads `redis[s]://[[user]:password@]host[:port][/db]`; `undefined` for anything else. */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const url = redisUrlProblem(text) === undefined ? URL.parse(text) : null
  if (!url) return undefined
  const [username, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  const db = url.pathname.slice(1)
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(db !== '' && { db: Number(db) }),
    secure: url.protocol === 'rediss:',
  }
}

/** The address of one server. */
export interface RedisNode {
  /** Host of the node. */
  readonly host: string
  /** Port of the node. */
  readonly port: number
}

/**
 * Options of {@link redisStore}. One of these locates the server: `url`, `host` and `port`, `path`, `client`,
 * `sentinels` with `name`, `cluster`, or `redisOpts`. Default: `redis://localhost:6379`.
 */
export interface RedisStoreOptions extends StoreUse {
  /**
   * URL of the server, for example `redis://user:password@host:6379/0`; `rediss:` for TLS. Percent-encode special
   * characters of the password.
   */
  readonly url?: string
  /** Host of the server. Default `localhost`. */
  readonly host?: string
  /** Port of the server. Default 6379. */
  readonly port?: number
  /** Path of a Unix socket. */
  readonly path?: string
  /**
   * Existing client of ioredis. The store does not close it, and its own options decide when it reconnects. If it
   * uses a database other than 0, the store opens further connections with the client's options.
   */
  readonly client?: Redis | Cluster
  /** Sentinels that know the address of the master `name`. */
  readonly sentinels?: readonly RedisNode[]
  /** Name of the master that the Sentinels monitor. Required with `sentinels`. */
  readonly name?: string
  /** User name for the Sentinels. */
  readonly sentinelUsername?: string
  /** Password for the Sentinels. */
  readonly sentinelPassword?: string
  /** Some nodes of a Redis Cluster, from which the client discovers the others. */
  readonly cluster?: readonly RedisNode[]
  /**
   * Options of ioredis, as LaunchDarkly's Node.js SDK takes them. The store replaces those about retries and
   * reconnects.
   */
  readonly redisOpts?: RedisOptions
  /** User name for the server. */
  readonly username?: string
  /** Password for the server. */
  readonly password?: string
  /** Number of the logical database. Default 0. */
  readonly db?: number
  /** Certificates for TLS. Connections use TLS if this is given, or with `rediss:`. Default: no TLS. */
  readonly tls?: TlsOptions
  /**
   * Prefix of all keys. Each environment needs its own. Default `launchdarkly`, in a cluster `{launchdarkly}`,
   * because a cluster needs a hash tag.
   */
  readonly prefix?: string
  /** `cacheTtlMs` in seconds, as LaunchDarkly's Node.js SDK names it. */
  readonly cacheTTL?: number
}
