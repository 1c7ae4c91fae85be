import type { Pool, ProxyAgent, Dispatcher as UndiciDispatcher } from 'undici'
import { untilAborted } from '../async/until-aborted.ts'
import { detached } from './detach.ts'
import { environmentProxies, type ProxyChoice } from './proxy.ts'
import type { Requester } from './requester.ts'
import { proxyTls, serviceTls, type TlsOptions } from './tls.ts'
import type { HttpHeaders, Transport } from './transport.ts'

/**
 * A dispatcher of undici 6, 7 or 8 (for example `Agent`, `ProxyAgent` or `MockAgent`). Declared by its shape, so that an
 * application that passes none needs no undici.
 */
export interface Dispatcher {
  dispatch(options: never, handler: never): boolean
}

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
  /** A dispatcher of undici 6, 7 or 8, in place of `tls` and `proxy`. Halyard does not close it. */
  readonly dispatcher?: Dispatcher
}

/** An idle stream is healthy for minutes; its source has a watchdog of its own. */
const PATIENT = { bodyTimeout: 0, headersTimeout: 0 } as const

/** Longest wait for a proxy to open a tunnel, milliseconds: what undici gives any connection. */
const TUNNEL_MS = 10_000

/** Sends one request, as `Dispatcher.request` of undici does. */
type Send = (options: UndiciDispatcher.RequestOptions) => Promise<UndiciDispatcher.ResponseData>

/**
 * The default transport: a private agent of undici. The modules are loaded on the first request, because they cost tens
 * of milliseconds that file and test sources need not pay. Nothing is shared with the HTTP of the application.
 */
export function undiciTransport(network: Network = {}): Transport & Requester {
  const { dispatcher } = network
  let agent: Promise<UndiciDispatcher> | undefined
  const sender = async (): Promise<Send> => {
    if (dispatcher) return senderOf(dispatcher)
    agent ??= openAgent(network)
    const { request } = await import('./undici.ts')
    return request.bind(await agent)
  }
  const ask: Requester['request'] = async ({ url, signal, ...options }) => {
    const { origin, pathname, search } = new URL(url)
    const send = await sender()
    const asking = send({ origin, path: pathname + search, signal, ...options })
    // undici hears the signal only once it is connected; a tarpit would keep us for as long as connecting may take.
    const response = await untilAborted(asking, signal)
    return { status: response.statusCode, headers: flatten(response.headers), body: response.body }
  }
  return {
    request: ask,
    get: ({ url, headers, signal }) => ask({ method: 'GET', url, headers, signal }),
    async close() {
      // A failure to open was reported with the request that needed the agent.
      const opened = await agent?.catch(() => undefined)
      await opened?.destroy()
    },
  }
}

/** Prefers the dispatcher's own `request`: versions of undici differ in the handlers that `dispatch` takes. */
async function senderOf(dispatcher: Dispatcher): Promise<Send> {
  const own = dispatcher as unknown as UndiciDispatcher
  if (typeof own.request === 'function') return (options) => own.request(options)
  const { request } = await import('./undici.ts')
  return request.bind(own)
}

async function openAgent({ tls, proxy = 'environment' }: Network): Promise<UndiciDispatcher> {
  const { Agent, buildConnector, EnvHttpProxyAgent, Pool, ProxyAgent } = await import('./undici.ts')
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

function flatten(headers: UndiciDispatcher.ResponseData['headers']): HttpHeaders {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const)
  return Object.fromEntries(entries)
}
