import { fileURLToPath } from 'node:url'
import { compact } from '../../relay/config/compact.ts'
import { redisNodes } from '../../relay/config/databases/redis.ts'
import type { RedisNode } from '../../store/redis/options.ts'
import { redisLoginProblem, redisUrlProblem } from '../../store/redis/redis-url-problem.ts'
import { baseUrlFault } from '../../transport/base-url.ts'
import { UsageError } from '../arguments.ts'

/** Which store is meant. What is secret in it goes to the store and nowhere else. */
export type StoreAddress =
  | ({ readonly type: 'redis'; readonly prefix?: string } & RedisPlace)
  | {
      readonly type: 'dynamodb'
      readonly tableName: string
      readonly prefix?: string
      readonly region?: string
      readonly endpoint?: string
    }
  | { readonly type: 'consul'; readonly url: string; readonly token?: string; readonly prefix?: string }
  | { readonly type: 'file'; readonly path: string }

type RedisPlace =
  | { readonly url: string }
  | (RedisLogin & { readonly cluster: readonly RedisNode[] })
  | (RedisLogin & {
      readonly sentinels: readonly RedisNode[]
      readonly name: string
      readonly db?: number
      readonly sentinelUsername?: string
      readonly sentinelPassword?: string
    })

interface RedisLogin {
  readonly username?: string
  readonly password?: string
  readonly tls?: Readonly<Record<string, never>>
}

type Environment = Readonly<Record<string, string | undefined>>

interface Beside {
  /** As the option `--prefix` says it. */
  readonly prefix?: string | undefined
  readonly env: Environment
}

/**
 * Reads what names a store on a command line: a URL, or the path of a file. Credentials it does not have are looked for in
 * the environment. Throws a {@link UsageError}, which never repeats what could hold a password.
 */
export function readStoreAddress(text: string, beside: Beside): StoreAddress {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? []
  if (scheme === undefined) return fileAddress(text, beside)
  const url = URL.parse(text)
  switch (scheme.toLowerCase()) {
    case 'redis':
    case 'rediss': {
      const problem = redisUrlProblem(withoutQuery(text))
      if (problem !== undefined) throw new UsageError(`STORE cannot be read; expected ${problem}`)
      return redisAddress(checked(url, 'redis://HOST:PORT/DB', ['prefix']), beside)
    }
    case 'redis-cluster':
    case 'rediss-cluster':
    case 'redis-sentinel':
    case 'rediss-sentinel':
      return redisGroupAddress(text, beside)
    case 'dynamodb':
      return dynamodbAddress(checked(url, 'dynamodb://TABLE', ['prefix', 'region', 'endpoint']), beside)
    case 'consul':
    case 'consuls':
      return consulAddress(checked(url, 'consul://HOST:PORT', ['prefix']), beside)
    case 'file':
      return fileAddress(pathOf(url), beside)
    default:
      throw new UsageError(`no store is known by ${scheme}://`)
  }
}

function redisAddress(url: URL, { env, ...beside }: Beside): StoreAddress {
  const prefix = prefixOf(url, beside.prefix)
  const own = new URL(url)
  own.search = ''
  // Who gives a password of their own means that one.
  if (own.password === '') {
    own.username ||= encodeURIComponent(secretOf(env.REDIS_USERNAME) ?? '')
    own.password = encodeURIComponent(secretOf(env.REDIS_PASSWORD) ?? '')
  }
  return { type: 'redis', url: own.href, ...prefix }
}

/** Returns a URL without its query. A question mark before an @ belongs to a password that is not encoded. */
function withoutQuery(text: string): string {
  return text.replace(/\?[^@]*$/, '')
}

const GROUP =
  /^redis(?<secure>s?)-(?:cluster|sentinel):\/\/(?:(?<login>[^@/?#]*)@)?(?<nodes>[^/?#]*)(?:\/(?<db>\d*))?(?<query>\?.*)?$/i

/** Reads a cluster or Sentinels: nodes separated by commas, which no URL can hold. */
function redisGroupAddress(text: string, { env, ...beside }: Beside): StoreAddress {
  const isCluster = /^rediss?-cluster:/i.test(text)
  const form = isCluster
    ? 'redis-cluster://HOST:PORT,HOST:PORT'
    : 'redis-sentinel://HOST:PORT,HOST:PORT/DB?master=NAME'
  const problem = redisLoginProblem(withoutQuery(text).replace(/^[^:]*:\/\//, ''))
  if (problem !== undefined) throw new UsageError(`STORE cannot be read; expected ${problem}`)
  const groups = GROUP.exec(text)?.groups
  const { secure, login = '', nodes = '', db = '', query = '' } = groups ?? {}
  const list = redisNodes(isCluster ? 6_379 : 26_379).read(nodes)
  const url = checked(
    URL.parse(`redis://${login}@h${query}`),
    form,
    isCluster ? ['prefix'] : ['prefix', 'master'],
  )
  const name = url.searchParams.get('master')
  if (!groups || !list || (isCluster ? Number(db) > 0 : !name)) {
    throw new UsageError(`STORE cannot be read; ${form} is expected`)
  }
  const username = decodeURIComponent(url.username) || secretOf(env.REDIS_USERNAME)
  const password = decodeURIComponent(url.password) || secretOf(env.REDIS_PASSWORD)
  const shared = {
    type: 'redis',
    ...compact({ username, password, tls: secure ? {} : undefined }),
    ...prefixOf(url, beside.prefix),
  } as const
  if (isCluster) return { ...shared, cluster: list }
  return {
    ...shared,
    sentinels: list,
    name: name ?? '',
    ...compact({
      db: db === '' ? undefined : Number(db),
      sentinelUsername: secretOf(env.REDIS_SENTINEL_USERNAME),
      sentinelPassword: secretOf(env.REDIS_SENTINEL_PASSWORD),
    }),
  }
}

/** Returns a variable without the line break that the file of a secret may end with; `undefined` if it is empty. */
function secretOf(value: string | undefined): string | undefined {
  return value?.replace(/[\r\n]+$/, '') || undefined
}

function dynamodbAddress(url: URL, { prefix }: Beside): StoreAddress {
  if (url.username || url.password || url.port || !['', '/'].includes(url.pathname)) {
    throw new UsageError('dynamodb:// takes the name of a table and nothing else before the question mark')
  }
  const region = url.searchParams.get('region')
  const endpoint = url.searchParams.get('endpoint')
  const fault = endpoint ? baseUrlFault(endpoint) : undefined
  if (fault !== undefined) throw new UsageError(`STORE cannot be read; as endpoint ${fault} is expected`)
  return {
    type: 'dynamodb',
    tableName: decodeURIComponent(url.hostname),
    ...prefixOf(url, prefix),
    ...(region && { region }),
    ...(endpoint && { endpoint }),
  }
}

function consulAddress(url: URL, { prefix, env }: Beside): StoreAddress {
  if (url.username) throw new UsageError('consul:// takes a token as a password: consul://:TOKEN@HOST:PORT')
  const token = decodeURIComponent(url.password) || secretOf(env.CONSUL_HTTP_TOKEN)
  const port = url.port || '8500'
  return {
    type: 'consul',
    url: `${url.protocol === 'consuls:' ? 'https' : 'http'}://${url.hostname}:${port}${url.pathname}`,
    ...(token && { token }),
    ...prefixOf(url, prefix),
  }
}

function fileAddress(path: string, { prefix }: Beside): StoreAddress {
  if (prefix !== undefined) throw new UsageError('a file has no prefix')
  return { type: 'file', path }
}

function pathOf(url: URL | null): string {
  try {
    if (url && url.search === '' && url.hash === '') return fileURLToPath(url)
  } catch (cause) {
    throw new UsageError('this is no URL of a file on this machine; file:///PATH is expected', { cause })
  }
  throw new UsageError('STORE cannot be read; file:///PATH is expected, with ? and # percent-encoded')
}

const NO_FRAGMENT = 'without a fragment (the part from "#" on)'

function checked(url: URL | null, form: string, known: readonly string[]): URL {
  if (!url?.hostname || !isDecodable(url)) throw new UsageError(`STORE cannot be read; ${form} is expected`)
  if (url.hash !== '') throw new UsageError(`STORE cannot be read; ${form} is expected, ${NO_FRAGMENT}`)
  const unknown = [...url.searchParams.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`${url.protocol}// knows no parameter ${unknown}; it knows ${known.join(', ')}`)
  }
  return url
}

function isDecodable({ hostname, username, password }: URL): boolean {
  try {
    for (const part of [hostname, username, password]) decodeURIComponent(part)
    return true
  } catch {
    // A percent sign that encodes nothing.
    return false
  }
}

function prefixOf({ searchParams }: URL, option: string | undefined): { readonly prefix?: string } {
  const own = searchParams.get('prefix') ?? undefined
  if (own !== undefined && option !== undefined) throw new UsageError('the prefix is given twice')
  const prefix = option ?? own
  return prefix === undefined ? {} : { prefix }
}
