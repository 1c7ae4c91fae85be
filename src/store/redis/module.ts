import { readFileSync } from 'node:fs'
import { compact } from '../../options/compact.ts'
import {
  type AddressContext,
  databaseTarget,
  type InspectedStore,
  parseUrl,
  prefixOf,
  type StoreAddress,
  StoreAddressError,
  secretOf,
} from '../inspected-store.ts'
import type { RelayStoreConfig, StoreModule } from '../store-module.ts'
import { openRedisBigSegmentDatabase, redisBigSegmentStore } from './big-segments.ts'
import { RedisConnection } from './connection.ts'
import { redisJournal } from './journal.ts'
import { hasHashTag } from './keys.ts'
import type { RedisStoreOptions } from './options.ts'
import { readRelayOptions } from './read-relay-options.ts'
import { redisStore } from './redis-store.ts'
import { redisLoginProblem, redisUrlProblem } from './redis-url-problem.ts'
import type { RedisOptions } from './relay-option-types.ts'
import { REDIS_SECTION, redisNodes } from './relay-options.ts'
import { PEER, routeTo } from './route.ts'

const REDIS_ADDRESS: InspectedStore = {
  schemes: ['redis', 'rediss', 'redis-cluster', 'rediss-cluster', 'redis-sentinel', 'rediss-sentinel'],
  usage: [
    ['redis://[USER:PASSWORD@]HOST[:PORT][/DB]', 'rediss:// for TLS'],
    ['redis-cluster://HOST:PORT,HOST:PORT', 'nodes of a cluster; rediss-cluster:// for TLS'],
    ['redis-sentinel://HOST:PORT,…[/DB]?master=NAME', ''],
  ],
  variables: ['REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_SENTINEL_USERNAME', 'REDIS_SENTINEL_PASSWORD'],
  parse(text, context) {
    return /^rediss?:/i.test(text) ? parseServer(text, context) : parseGroup(text, context)
  },
}

function addressOf(options: RedisStoreOptions): StoreAddress {
  return {
    options,
    async open() {
      return databaseTarget(redisStore(options), redisBigSegmentStore(options))
    },
  }
}

function parseServer(text: string, context: AddressContext): StoreAddress {
  const problem = redisUrlProblem(withoutQuery(text))
  if (problem !== undefined) throw new StoreAddressError(`cannot parse STORE; expected ${problem}`)
  const url = parseUrl(text, 'redis://HOST:PORT/DB', ['prefix'])
  const prefix = prefixOf(url, context)
  url.search = ''
  // A password in the URL overrides both variables.
  if (url.password === '') {
    url.username ||= encodeURIComponent(secretOf(context.env.REDIS_USERNAME) ?? '')
    url.password = encodeURIComponent(secretOf(context.env.REDIS_PASSWORD) ?? '')
  }
  return addressOf({ url: url.href, ...prefix })
}

/** Returns a URL without its query. A question mark before an @ belongs to a password that is not percent-encoded. */
function withoutQuery(text: string): string {
  return text.replace(/\?[^@]*$/, '')
}

const GROUP =
  /^redis(?<secure>s?)-(?:cluster|sentinel):\/\/(?:(?<login>[^@/?#]*)@)?(?<nodes>[^/?#]*)(?:\/(?<db>\d*))?(?<query>\?.*)?$/i

/** Parses the address of a cluster or of Sentinels. It is not a valid URL, because commas separate the nodes. */
function parseGroup(text: string, context: AddressContext): StoreAddress {
  const isCluster = /^rediss?-cluster:/i.test(text)
  const form = isCluster
    ? 'redis-cluster://HOST:PORT,HOST:PORT'
    : 'redis-sentinel://HOST:PORT,HOST:PORT/DB?master=NAME'
  const problem = redisLoginProblem(withoutQuery(text).replace(/^[^:]*:\/\//, ''))
  if (problem !== undefined) throw new StoreAddressError(`cannot parse STORE; expected ${problem}`)
  const groups = GROUP.exec(text)?.groups
  const { secure, login = '', nodes = '', db = '', query = '' } = groups ?? {}
  const list = redisNodes(isCluster ? 6_379 : 26_379).read(nodes)
  // The URL of a single server carries login and parameters through the same checks.
  const url = parseUrl(`redis://${login}@h${query}`, form, isCluster ? ['prefix'] : ['prefix', 'master'])
  const name = url.searchParams.get('master')
  if (!groups || !list || (isCluster ? Number(db) > 0 : !name)) {
    throw new StoreAddressError(`cannot parse STORE; expected ${form}`)
  }
  const { env } = context
  const shared = {
    ...compact({
      username: decodeURIComponent(url.username) || secretOf(env.REDIS_USERNAME),
      password: decodeURIComponent(url.password) || secretOf(env.REDIS_PASSWORD),
      tls: secure ? {} : undefined,
    }),
    ...prefixOf(url, context),
  }
  if (isCluster) return addressOf({ ...shared, cluster: list })
  return addressOf({
    ...shared,
    sentinels: list,
    name: name ?? '',
    ...compact({
      db: db === '' ? undefined : Number(db),
      sentinelUsername: secretOf(env.REDIS_SENTINEL_USERNAME),
      sentinelPassword: secretOf(env.REDIS_SENTINEL_PASSWORD),
    }),
  })
}

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
  hasTexts: true,
  address: REDIS_ADDRESS,
  read: (section, collector) => ({ store: readRelayOptions(section, collector) }),
  prefixProblem: ({ clusterNodes }, prefix) =>
    clusterNodes && !hasHashTag(prefix)
      ? 'a prefix with a hash tag, for example {ld:production}, because a transaction in a cluster needs all keys on one node'
      : undefined,
  describe: (config, environment) => redisStore(storeOptions(config, environment.prefix)),
  openJournal: (config, environment, context) =>
    redisJournal(storeOptions(config, environment.prefix), context),
  openBigSegments: (config, environment, context) =>
    openRedisBigSegmentDatabase(storeOptions(config, environment.prefix), context),
  openText(config, { key }, context) {
    const connection = new RedisConnection(routeTo(storeOptions(config, undefined)), context)
    const operation = (verb: string): string => `${verb} ${JSON.stringify(key)}`
    return {
      name: connection.name,
      read: async (signal) =>
        (await connection.withClient(operation('read'), signal, (client) => client.get(key))) ?? undefined,
      write: async (text, signal) => {
        await connection.withClient(operation('write'), signal, (client) => client.set(key, text))
      },
      close: async () => connection.close(),
    }
  },
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
