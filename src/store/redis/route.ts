import type { ClusterOptions, RedisOptions } from 'ioredis'
import { type Peer, storePeerError } from '../../options/load-peer.ts'
import { serviceTls } from '../../transport/tls.ts'
import { type ClientFactory, databaseOf, isCluster, type RedisClient, type Route } from './connection.ts'
import { parseRedisUrl, type RedisNode, type RedisStoreOptions } from './options.ts'

const DEFAULT_URL = 'redis://localhost:6379'

/** Options of every client that the store creates: it connects on first use and does not retry. */
const NODE = {
  lazyConnect: true,
  sentinelRetryStrategy: () => null,
  sentinelCommandTimeout: 2_000,
  connectTimeout: 5_000,
  // The ready check sends INFO, which needs a permission of its own. A loading server rejects every call anyway.
  enableReadyCheck: false,
  autoResendUnfulfilledCommands: false,
  connectionName: 'halyard',
  disableClientInfo: true,
  // RESP 2: no feature of RESP 3 is needed, and some proxies do not support it.
  protocol: 2,
  replyMapping: 'legacy',
} as const satisfies RedisOptions

const SINGLE = { ...NODE, retryStrategy: null } as const satisfies RedisOptions

const CLUSTER = {
  lazyConnect: true,
  clusterRetryStrategy: null,
  enableReadyCheck: false,
  maxRedirections: 5,
} as const satisfies ClusterOptions

export function routeTo(options: RedisStoreOptions): Route {
  const { client, redisOpts, sentinels, name, cluster } = options
  if (client) {
    const db = databaseOf(client)
    const load = async (): Promise<ClientFactory> => () => likeClient(client, db)
    return { name: nameOfClient(client), borrowed: client, db, load }
  }
  if (redisOpts) return single(nameOf(redisOpts), withTlsVerified(redisOpts))
  if (cluster) return toCluster(cluster, options)
  if (sentinels && name !== undefined) {
    const { sentinelUsername, sentinelPassword } = options
    const login = loginOf(options)
    return single(`Redis master ${name} of the Sentinels ${list(sentinels)}`, {
      ...login,
      sentinels: [...sentinels],
      name,
      ...(login.tls && { sentinelTLS: login.tls, enableTLSForSentinelMode: true }),
      ...(sentinelUsername !== undefined && { sentinelUsername }),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
    })
  }
  const own = singleOptions(options)
  return single(nameOf(own), own)
}

function singleOptions(options: RedisStoreOptions): RedisOptions {
  const { url, host, port, path } = options
  if (path !== undefined) return { ...loginOf(options), path }
  if (host !== undefined || (port !== undefined && url === undefined)) {
    return { ...loginOf(options), host: host ?? 'localhost', port: port ?? 6379 }
  }
  const parsed = parseRedisUrl(url ?? DEFAULT_URL)
  if (!parsed) throw new Error('internal error: the checked URL cannot be parsed')
  const { secure, ...rest } = parsed
  return { ...(secure && { tls: serviceTls() }), ...rest, ...loginOf(options) }
}

function toCluster(nodes: readonly RedisNode[], options: RedisStoreOptions): Route {
  const login = loginOf(options)
  const clusterOptions = {
    ...CLUSTER,
    redisOptions: { ...login, ...NODE },
    ...(login.tls && { dnsLookup: keepHost }),
  }
  return {
    name: `Redis Cluster at ${list(nodes)}`,
    async load() {
      const { Cluster } = await loadIoredis()
      return () => new Cluster([...nodes], clusterOptions)
    },
  }
}

/** Keeps host names instead of addresses, because the certificate is verified against the host name. */
function keepHost(host: string, callback: (error: null, address: string) => void): void {
  callback(null, host)
}

function single(name: string, options: RedisOptions): Route {
  return {
    name,
    async load() {
      const { Redis } = await loadIoredis()
      return () => new Redis({ ...options, ...SINGLE })
    },
  }
}

function likeClient(client: RedisClient, db: number): RedisClient {
  return isCluster(client) ? client.duplicate([], CLUSTER) : client.duplicate({ ...SINGLE, db })
}

function loginOf({ username, password, db, tls }: RedisStoreOptions): RedisOptions {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(db !== undefined && { db }),
    ...(tls && { tls: serviceTls(tls) }),
  }
}

/** Verifies certificates unless `redisOpts.tls` disables it, whatever NODE_TLS_REJECT_UNAUTHORIZED is set to. */
function withTlsVerified({ tls, ...rest }: RedisOptions): RedisOptions {
  return { ...rest, ...(tls && { tls: { ...serviceTls(), ...(tls as object) } }) }
}

function nameOfClient(client: RedisClient): string {
  return isCluster(client) ? 'Redis Cluster of the given client' : nameOf(client.options)
}

function nameOf({ host, port, path, sentinels, name }: RedisOptions): string {
  if (path) return `Redis at ${path}`
  if (sentinels) return `Redis master ${name} of Sentinels`
  return `Redis at ${host ?? 'localhost'}:${port ?? 6379}`
}

function list(nodes: readonly RedisNode[]): string {
  return nodes.map(({ host, port }) => `${host}:${port}`).join(', ')
}

export const PEER: Peer = {
  root: 'redisStore',
  name: 'ioredis',
  install: 'ioredis@6',
  alternative: 'pass a client of your own as `client`',
}

type Ioredis = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>

export async function loadIoredis(): Promise<Ioredis> {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw storePeerError(PEER, cause)
  }
}
