import { HalyardError } from '../model/errors.ts'
import { readNoProxy } from './no-proxy.ts'

/** The proxy to use: that of the environment variables, none, or the one with this URL. */
export type ProxyChoice = 'environment' | 'none' | (string & {})

/** An environment variable contains an invalid proxy URL. The message does not contain the value, which may hold a password. */
class ProxyError extends HalyardError {
  constructor(variable: string) {
    super('PROXY', `${variable} is not the URL of an http or https proxy`)
  }
}

/** Returns whether a text is the URL of a usable proxy. User and password must be percent-encoded. */
export function isProxyUrl(text: string): boolean {
  // A query or fragment would be dropped. A password with an unencoded `?` or `#` would be cut off.
  if (/[?#]/.test(text)) return false
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return false
  try {
    decodeURIComponent(url.username + url.password)
    return true
  } catch (error) {
    if (error instanceof URIError) return false
    throw error
  }
}

export type ProxyFor = (url: URL) => string | undefined

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. Lower-case names have precedence, as in curl. `HTTP_PROXY` is also used
 * for https if `HTTPS_PROXY` is not set. A proxy without a scheme is contacted over http.
 *
 * @throws {@link ProxyError} if one is not a URL.
 */
export function environmentProxies(environment: NodeJS.ProcessEnv): ProxyFor {
  const read = (name: string): string => environment[name.toLowerCase()] ?? environment[name] ?? ''
  const readProxy = (name: string): string | undefined => {
    const value = read(name)
    if (value === '') return undefined
    const url = value.includes('://') ? value : `http://${value}`
    if (!isProxyUrl(url)) throw new ProxyError(name)
    return url
  }
  const http = readProxy('HTTP_PROXY')
  const https = readProxy('HTTPS_PROXY') ?? http
  const isExempt = readNoProxy(read('NO_PROXY'))
  return (url) => (isExempt(url) ? undefined : url.protocol === 'https:' ? https : http)
}
