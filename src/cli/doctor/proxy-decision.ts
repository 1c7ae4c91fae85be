import { reasonOf } from '../../model/error-text.ts'
import { hostAndPort } from '../../transport/failure-place.ts'
import { environmentProxies, type ProxyChoice } from '../../transport/proxy.ts'
import { type Finding, failed, ok } from './checks.ts'

/** The proxy for an origin, and the result of its check. */
export interface ProxyDecision {
  /** The URL, which can contain a password. Absent for a direct connection. */
  readonly url?: string
  readonly finding: Finding
}

type Variables = Readonly<Record<string, string | undefined>>

const NAMES = ['HTTPS_PROXY', 'HTTP_PROXY']

/** Returns the proxy that Halyard uses for a URL. `origin` names where a URL of a proxy was given, for example `--proxy`. */
export function proxyFor(
  url: URL,
  {
    choice,
    origin,
    variables,
  }: {
    readonly choice: ProxyChoice
    readonly origin: string
    readonly variables: Variables
  },
): ProxyDecision {
  if (choice === 'none') return { finding: ok(`none (${origin})`) }
  if (choice !== 'environment') return through(choice, origin)
  const isSet = (name: string): boolean => Boolean(valueIn(name, variables))
  try {
    const proxy = environmentProxies({ ...variables })(url)
    if (proxy !== undefined) return through(proxy, sourceOf(url, isSet))
    const names = NAMES.filter(isSet)
    if (names.length === 0) return { finding: ok('none (no variable is set)') }
    const isExempt = environmentProxies({ ...variables, NO_PROXY: '', no_proxy: '' })(url) !== undefined
    return {
      finding: ok(
        isExempt ? `none (NO_PROXY exempts ${url.hostname})` : `none (only ${names.join()} is set)`,
      ),
    }
  } catch (error) {
    return {
      finding: failed(reasonOf(error), 'Set the variable to a URL such as http://proxy.internal:3128.'),
    }
  }
}

function valueIn(name: string, variables: Variables): string | undefined {
  return variables[name.toLowerCase()] ?? variables[name]
}

function sourceOf({ protocol }: URL, isSet: (name: string) => boolean): string {
  return protocol === 'https:' && isSet('HTTPS_PROXY') ? 'HTTPS_PROXY' : 'HTTP_PROXY'
}

function through(proxy: string, origin: string): ProxyDecision {
  const url = new URL(proxy)
  const address = `${url.protocol}//${hostAndPort(url)}`
  const login = url.username || url.password ? ', with user and password' : ''
  return { url: proxy, finding: ok(`${address} (${origin}${login})`, { proxy: address }) }
}
