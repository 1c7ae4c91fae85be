import { fileURLToPath } from 'node:url'
import { UsageError } from '../usage-error.ts'

/** Which store is meant. What is secret in it goes to the store and nowhere else. */
export type StoreAddress =
  | { readonly type: 'redis'; readonly url: string; readonly prefix?: string }
  | {
      readonly type: 'dynamodb'
      readonly tableName: string
      readonly prefix?: string
      readonly region?: string
      readonly endpoint?: string
    }
  | { readonly type: 'consul'; readonly url: string; readonly token?: string; readonly prefix?: string }
  | { readonly type: 'file'; readonly path: string }

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
    case 'rediss':
      return redisAddress(checked(url, 'redis://HOST:PORT/DB', ['prefix']), beside)
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
    own.username ||= encodeURIComponent(env.REDIS_USERNAME ?? '')
    own.password = encodeURIComponent(env.REDIS_PASSWORD ?? '')
  }
  return { type: 'redis', url: own.href, ...prefix }
}

function dynamodbAddress(url: URL, { prefix }: Beside): StoreAddress {
  if (url.username || url.password || url.port || !['', '/'].includes(url.pathname)) {
    throw new UsageError('dynamodb:// takes the name of a table and nothing else before the question mark')
  }
  const region = url.searchParams.get('region')
  const endpoint = url.searchParams.get('endpoint')
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
  const token = decodeURIComponent(url.password) || env.CONSUL_HTTP_TOKEN
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
    if (url) return fileURLToPath(url)
  } catch (cause) {
    throw new UsageError('this is no URL of a file on this machine; file:///PATH is expected', { cause })
  }
  throw new UsageError('STORE cannot be read; file:///PATH is expected')
}

function checked(url: URL | null, form: string, known: readonly string[]): URL {
  if (!url?.hostname || !isDecodable(url)) throw new UsageError(`STORE cannot be read; ${form} is expected`)
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
