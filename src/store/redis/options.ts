import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { z } from 'zod'
import { DEFAULT_PREFIX } from '../../layout/row.ts'
import type { ConfigIssue } from '../../model/errors.ts'
import { isJsonObject } from '../../model/json.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import {
  CACHE_RIVALS,
  duration,
  group,
  host,
  port,
  readUse,
  secret,
  text,
  tlsForm,
  tlsWarnings,
  useForms,
} from '../../options/forms.ts'
import type { TlsOptions } from '../../transport/tls.ts'
import { hasHashTag } from './keys.ts'
import { redisUrlProblem } from './redis-url-problem.ts'

const nodes = z
  .array(z.object({ host, port }, 'a host and a port'), 'a list of nodes')
  .min(1, 'a node at least')

/** What each option must be like; how they go together is another matter. */
const optionsForm: z.ZodType = group({
  url: z.custom((url) => redisUrlProblem(url) === undefined, {
    error: ({ input }) => redisUrlProblem(input) ?? 'a URL',
  }),
  host,
  port,
  path: text,
  client: z.custom(isClient, 'a Redis or Cluster of ioredis'),
  sentinels: nodes,
  name: text,
  sentinelUsername: secret,
  sentinelPassword: secret,
  cluster: nodes,
  redisOpts: z.custom(isJsonObject, 'options of ioredis'),
  username: secret,
  password: secret,
  db: z.custom((value) => Number.isInteger(value) && Number(value) >= 0, 'a whole number, 0 or more'),
  tls: tlsForm,
  prefix: text,
  cacheTTL: duration,
  ...useForms,
})

function isClient(value: unknown): boolean {
  const client = value as { readonly duplicate?: unknown; readonly isCluster?: unknown } | null
  return typeof client?.duplicate === 'function' && typeof client.isCluster === 'boolean'
}

/** What these say is said by a client, or by options of ioredis, in their own words. */
const BESIDE_WAYS = ['username', 'password', 'db', 'tls'] as const

/** What is wrong with options that have the right form each. */
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
      `a prefix with a hash tag, such as {${prefix}}, because a cluster writes at once only what lies on one node`,
      'a prefix without one',
    )
  }
}

/** What counts for nothing. */
function* doubts(options: RedisStoreOptions): Generator<string> {
  const way = options.client ? 'client' : options.redisOpts ? 'redisOpts' : undefined
  if (!way) return
  for (const name of BESIDE_WAYS) {
    if (options[name] !== undefined) yield `redisStore.${name} counts for nothing beside ${way}`
  }
}

function issue(path: string, expected: string, received: string): ConfigIssue {
  return { path: `redisStore${path}`, expected, received }
}

/** Beside a host and its port, each says where the database is, so only one of them can. */
const OTHER_WAYS = ['path', 'client', 'sentinels', 'cluster', 'redisOpts']

const RULES: OptionRules<RedisStoreOptions> = {
  root: 'redisStore',
  form: optionsForm,
  rivals: [['url', 'host', ...OTHER_WAYS], ['url', 'port', ...OTHER_WAYS], CACHE_RIVALS],
  relations: relationIssues,
}

export interface CheckedRedisOptions {
  readonly prefix: string
  readonly use: StoreUse
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}

/** Checks options, and reads those that do not say where the database is. Throws a {@link ConfigError}. */
export function checkRedisOptions(options: RedisStoreOptions): CheckedRedisOptions {
  const warnings = [
    ...checkOptions(options, RULES),
    ...doubts(options),
    ...tlsWarnings(RULES.root, options.tls),
  ]
  const isCluster = options.cluster !== undefined || options.client?.isCluster
  const prefix = options.prefix ?? (isCluster ? `{${DEFAULT_PREFIX}}` : DEFAULT_PREFIX)
  return { prefix, use: readUse(options), warnings }
}

/** What a URL says about where Redis is, and who is let in. */
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

export interface RedisNode {
  readonly host: string
  readonly port: number
}

/**
 * Where Redis is, in one way: `url`, `host` and `port`, `path`, `client`, `sentinels` and `name`, `cluster`, or
 * `redisOpts`. Without any: `redis://localhost:6379`.
 */
export interface RedisStoreOptions extends StoreUse {
  /** `redis://user:password@host:6379/0`; `rediss:` for TLS. Percent-encode what is special in a password. */
  readonly url?: string
  /** Without it, and with a `port`: `localhost`. */
  readonly host?: string
  /** Default 6379. */
  readonly port?: number
  /** A Unix socket. */
  readonly path?: string
  /**
   * A client of ioredis that exists already. It stays open, and its own options decide when it reconnects. If it uses a
   * database other than 0, the store opens connections of its own with the client's options.
   */
  readonly client?: Redis | Cluster
  /** Sentinels that know where the master `name` is. */
  readonly sentinels?: readonly RedisNode[]
  readonly name?: string
  readonly sentinelUsername?: string
  readonly sentinelPassword?: string
  /** Some nodes of a cluster; they name the others. */
  readonly cluster?: readonly RedisNode[]
  /** Options of ioredis, as LaunchDarkly's Node.js SDK takes them. Those that say when to try again count for nothing. */
  readonly redisOpts?: RedisOptions
  readonly username?: string
  readonly password?: string
  /** Default 0. */
  readonly db?: number
  /** How to know the server, and how to be known by it; given at all, or with `rediss:`, connections are encrypted. */
  readonly tls?: TlsOptions
  /**
   * What all keys begin with; another environment needs another one. Default `launchdarkly`; with a cluster
   * `{launchdarkly}`, where a hash tag is needed.
   */
  readonly prefix?: string
  /** Another name of `cacheTtlMs`, in seconds, as LaunchDarkly's Node.js SDK has it. */
  readonly cacheTTL?: number
}
