import { HalyardError } from '../model/errors.ts'
import { readNoProxy } from './no-proxy.ts'

/** Through which proxy: the environment's, none, or the one at this URL. */
export type ProxyChoice = 'environment' | 'none' | (string & {})

/** The environment names a proxy that is none. Says which variable, never its value: that may hold a password. */
export class ProxyError extends HalyardError {
  constructor(variable: string) {
    super('PROXY', `${variable} is not the URL of an http or https proxy`)
  }
}

/** Whether this is the URL of a proxy Halyard can use; its user and password must be percent-encoded. */
export function isProxyUrl(text: string): boolean {
  // A query or fragment would be dropped; a password with such a character would be cut.
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

/** Returns the URL of the proxy for a request; `undefined` if the request goes to its server directly. */
export type ProxyFor = (url: URL) => string | undefined

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. Lower case counts before upper case, as in curl; `HTTP_PROXY` serves
 * for https where there is no other. A proxy without a scheme is spoken to over http.
 *
 * @throws {ProxyError} when one is no URL.
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
