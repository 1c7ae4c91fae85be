import type { Dispatcher, Pool, ProxyAgent } from 'undici'
import { untilAborted } from '../async/until-aborted.ts'
import { detached } from './detach.ts'
import { environmentProxies, type ProxyChoice } from './proxy.ts'
import type { Requester } from './requester.ts'
import { proxyTls, serviceTls, type TlsOptions } from './tls.ts'
import type { HttpHeaders, Transport } from './transport.ts'

export type { Dispatcher } from 'undici'

/** How requests leave the machine. */
export interface Network {
  /** How to know the service, and how to be known by it. Default: verify with the authorities Node knows. */
  readonly tls?: TlsOptions
  /**
   * `environment`: what `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say when the first request is made (lower case
   * counts first; `HTTP_PROXY` serves for https where there is no other). `none`: no proxy. Otherwise the URL of an
   * http or https proxy for every request, with user and password if it wants them, percent-encoded. Default
   * `environment`.
   */
  readonly proxy?: ProxyChoice
  /** A dispatcher of undici 8, in place of `tls` and `proxy`. It stays yours: nobody closes it. */
  readonly dispatcher?: Dispatcher
}

/** An idle stream is healthy for minutes; its source has a watchdog of its own. */
const PATIENT = { bodyTimeout: 0, headersTimeout: 0 } as const

/** Longest wait for a proxy to open a tunnel, milliseconds: what undici gives any connection. */
const TUNNEL_MS = 10_000

/**
 * The default transport: a private agent of undici, loaded on first use, because it costs tens of milliseconds
 * that file and test sources need not pay. It shares nothing with the host application's own HTTP.
 */
export function undiciTransport(network: Network = {}): Transport & Requester {
  let agent: Promise<Dispatcher> | undefined
  const ask: Requester['request'] = async ({ url, signal, ...options }) => {
    agent ??= network.dispatcher ? Promise.resolve(network.dispatcher) : openAgent(network)
    const { request } = await import('undici')
    const asking = request(url, { dispatcher: await agent, signal, ...options })
    // undici hears the signal only once it is connected; a tarpit would keep us for as long as connecting may take.
    const response = await untilAborted(asking, signal)
    return { status: response.statusCode, headers: flatten(response.headers), body: response.body }
  }
  return {
    request: ask,
    get: ({ url, headers, signal }) => ask({ method: 'GET', url, headers, signal }),
    async close() {
      if (network.dispatcher) return
      // What never opened was reported to whoever asked.
      const opened = await agent?.catch(() => undefined)
      await opened?.destroy()
    },
  }
}

async function openAgent({ tls, proxy = 'environment' }: Network): Promise<Dispatcher> {
  const { Agent, buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent } = await import('undici')
  const connect = detached(buildConnector(serviceTls(tls)))
  const direct = { ...PATIENT, connect }
  const proxied: Omit<ProxyAgent.Options, 'uri'> = {
    ...direct,
    requestTls: serviceTls(tls),
    // A tunnel is a plain affair; HTTP/2 is for what goes through it.
    proxyTls: { ...proxyTls(tls), allowH2: false },
    // ProxyAgent makes its own connectors and hands them to these two, and to them only.
    clientFactory: (origin, options) => new Pool(origin, { ...through(options), headersTimeout: TUNNEL_MS }),
    factory: (origin, options) => new Pool(origin, through(options)),
  }
  switch (proxy) {
    case 'none':
      return new Agent(direct)
    case 'environment': {
      const proxies = environmentProxies(process.env)
      const any = Boolean(proxies.httpProxy || proxies.httpsProxy)
      return any ? new EnvHttpProxyAgent({ ...proxied, ...proxies }) : new Agent(direct)
    }
    default:
      return new ProxyAgent({ ...proxied, uri: proxy })
  }
}

/** The options of a pool that undici wants made, with connections that let the process end. */
function through(given: object): Pool.Options {
  const { connect, ...options } = given as Pool.Options
  if (typeof connect !== 'function') throw new TypeError('undici made no connector')
  return { ...options, ...PATIENT, connect: detached(connect) }
}

function flatten(headers: Dispatcher.ResponseData['headers']): HttpHeaders {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const)
  return Object.fromEntries(entries)
}
