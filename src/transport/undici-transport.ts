import type { Dispatcher as UndiciDispatcher } from 'undici'
import { handleRejection } from '../async/call-safely.ts'
import { untilAborted } from '../async/signals.ts'
import {
  type FailurePlace,
  hostAndPort,
  noteFailurePlace,
  placeOfTarget,
  withAddress,
} from './failure-place.ts'
import type { ProxyChoice } from './proxy.ts'
import type { ServiceTlsOptions } from './tls.ts'
import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from './transport.ts'
import { Agents } from './undici-agents.ts'

/**
 * A dispatcher of undici 6, 7 or 8 (for example `Agent`, `ProxyAgent` or `MockAgent`). Declared by its shape, so that an
 * application that passes none needs no undici.
 */
export interface Dispatcher {
  /** Sends a request. undici calls it. */
  dispatch(options: never, handler: never): boolean
}

/** Network options of outgoing requests. */
export interface Network {
  /** TLS options. Default: verification with the authorities of Node.js. */
  readonly tls?: ServiceTlsOptions
  /**
   * The proxy. `environment` reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` at the first request (lower-case names have
   * precedence; `HTTP_PROXY` is also used for https if `HTTPS_PROXY` is not set). `none` uses no proxy. Otherwise the URL of
   * an http or https proxy for all requests, with percent-encoded user and password if needed. Default `environment`.
   */
  readonly proxy?: ProxyChoice
  /** A dispatcher of undici 6, 7 or 8, in place of `tls` and `proxy`. Halyard does not close it. */
  readonly dispatcher?: Dispatcher
}

type Send = (options: UndiciDispatcher.RequestOptions) => Promise<UndiciDispatcher.ResponseData>

/**
 * Returns the default transport, which uses agents of undici: one for direct connections and one for each proxy. undici is
 * loaded at the first request, because loading takes tens of milliseconds that file and test sources do not need. Nothing
 * is shared with the HTTP clients of the application.
 */
export function undiciTransport(network: Network = {}): Transport {
  const agents = new Agents(network)
  const once = async (send: Send, { url, signal, ...options }: HttpRequest): Promise<HttpResponse> => {
    const { origin, pathname, search } = new URL(url)
    const answer = send({ origin, path: pathname + search, signal, ...options })
    // undici observes the signal only after it has connected, so an abort must not wait for a slow connection.
    const response = await untilAborted(answer, signal)
    return { status: response.statusCode, headers: flatten(response.headers), body: response.body }
  }
  const attempt: Transport['request'] = async (request) => {
    if (network.dispatcher) return once(await senderOf(network.dispatcher), request)
    const { send, connected } = await agents.kept(new URL(request.url))
    const before = connected()
    try {
      return await once(send, request)
    } catch (error) {
      // A request that opened no new connection used a kept one, which the server may have closed meanwhile.
      const isStale = connected() === before && request.method === 'GET' && isReset(error)
      if (!isStale || request.signal.aborted) throw error
      return once(await agents.fresh(new URL(request.url)), request)
    }
  }
  const requestWithPlace: Transport['request'] = async (request) => {
    const url = new URL(request.url)
    const proxy = network.dispatcher ? undefined : agents.proxyOf(url)
    try {
      const response = await attempt(request)
      const isForwarded = proxy !== undefined && url.protocol === 'http:'
      return isForwarded ? { ...response, via: hostAndPort(new URL(proxy)) } : response
    } catch (error) {
      if (!request.signal.aborted) noteFailurePlace(error, lostConnection(error, url, proxy))
      throw error
    }
  }
  return {
    request: requestWithPlace,
    close: () => agents.close(),
  }
}

/** Calls the dispatcher's own `request` if it has one, because the handlers of `dispatch` differ between versions of undici. */
async function senderOf(dispatcher: Dispatcher): Promise<Send> {
  const own = dispatcher as unknown as UndiciDispatcher
  if (typeof own.request === 'function') return (options) => own.request(options)
  const { request } = await import('./undici.ts')
  // `dispatch` can be an async function. Its rejection is the failure of the request.
  return (options) =>
    new Promise((resolve, reject) => {
      const dispatch = (given: never, handler: never): boolean => {
        const accepted = dispatcher.dispatch(given, handler)
        handleRejection(accepted, reject)
        return accepted
      }
      request.call({ dispatch } as UndiciDispatcher, options).then(resolve, reject)
    })
}

function flatten(headers: UndiciDispatcher.ResponseData['headers']): HttpHeaders {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const)
  return Object.fromEntries(entries)
}

function lostConnection(error: unknown, url: URL, proxy: string | undefined): FailurePlace {
  const { socket } = error as { readonly socket?: { readonly remoteAddress?: string } | null }
  return withAddress(placeOfTarget(url, proxy), proxy === undefined ? socket?.remoteAddress : undefined)
}

const RESET_CODES: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ECONNABORTED'])

function isReset(error: unknown): boolean {
  return error instanceof Error && RESET_CODES.has((error as NodeJS.ErrnoException).code)
}
