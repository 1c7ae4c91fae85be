import { HalyardError } from '../model/errors.ts'

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

/** What the environment says, an empty string for no proxy. Lower case counts before upper case, as in curl. */
export interface EnvironmentProxies {
  readonly httpProxy: string
  readonly httpsProxy: string
}

/**
 * Reads `HTTP_PROXY` and `HTTPS_PROXY`. A proxy without a scheme is spoken to over http, as others do.
 *
 * @throws {ProxyError} when one is no URL.
 */
export function environmentProxies(environment: NodeJS.ProcessEnv): EnvironmentProxies {
  const read = (name: string): string => {
    const value = environment[name.toLowerCase()] ?? environment[name] ?? ''
    if (value === '') return ''
    const url = value.includes('://') ? value : `http://${value}`
    if (!isProxyUrl(url)) throw new ProxyError(name)
    return url
  }
  return { httpProxy: read('HTTP_PROXY'), httpsProxy: read('HTTPS_PROXY') }
}
