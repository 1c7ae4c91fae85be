import { Socket } from 'node:net'
import type { Dispatcher, Pool, ProxyAgent } from 'undici'
import {
  addressReached,
  type ConnectTarget,
  noteFailurePlace,
  placeOfTarget,
  withAddress,
} from './failure-place.ts'
import { environmentProxies, type ProxyFor } from './proxy.ts'
import { proxyTls, serviceTls } from './tls.ts'
import type { Network } from './undici-transport.ts'

type Send = (options: Dispatcher.RequestOptions) => Promise<Dispatcher.ResponseData>

export interface KeptAgent {
  readonly send: Send
  readonly connected: () => number
}

interface Opened extends KeptAgent {
  readonly dispatcher: Dispatcher
}

/** An idle stream can be healthy for minutes, and each source has a watchdog of its own. */
const NO_TIMEOUTS = { bodyTimeout: 0, headersTimeout: 0 } as const

/** Longest wait for a proxy to open a tunnel, in milliseconds. The same as undici's connect time-out. */
const TUNNEL_MS = 10_000

/** The agents of one transport: one for direct connections and one for each proxy, opened on first use. */
export class Agents {
  readonly #network: Network
  readonly #kept = new Map<string | undefined, Promise<Opened>>()
  readonly #fresh = new Set<Dispatcher>()
  #proxyFor: ProxyFor | undefined

  constructor(network: Network) {
    this.#network = network
  }

  /** Returns the agent for a URL. Throws a `ProxyError` for an invalid proxy in the environment. */
  async kept(url: URL): Promise<KeptAgent> {
    const proxy = this.proxyOf(url)
    let opened = this.#kept.get(proxy)
    if (!opened) {
      opened = openAgent(this.#network, proxy)
      this.#kept.set(proxy, opened)
    }
    return opened
  }

  async fresh(url: URL): Promise<Send> {
    const { dispatcher, send } = await openAgent(this.#network, this.proxyOf(url))
    this.#fresh.add(dispatcher)
    return (options) => {
      const forget = (): boolean => this.#fresh.delete(dispatcher)
      try {
        return send(options)
      } finally {
        // Resolves when the answer has been read or has failed. Rejects if the dispatcher was destroyed before.
        dispatcher.close().then(forget, forget)
      }
    }
  }

  async close(): Promise<void> {
    // A failure to open the agent was reported by its request.
    const kept = await Promise.all([...this.#kept.values()].map((agent) => agent.catch(() => undefined)))
    const open = [...kept.flatMap((agent) => agent?.dispatcher ?? []), ...this.#fresh]
    await Promise.all(open.map((dispatcher) => dispatcher.destroy()))
  }

  /**
   * Returns the URL of the proxy that requests for a URL go to or through, if there is one. The environment variables are
   * read at the first request.
   */
  proxyOf(url: URL): string | undefined {
    const { proxy = 'environment' } = this.#network
    if (proxy === 'none') return undefined
    if (proxy !== 'environment') return proxy
    this.#proxyFor ??= environmentProxies(process.env)
    return this.#proxyFor(url)
  }
}

async function openAgent({ tls }: Network, proxy: string | undefined): Promise<Opened> {
  const { addDispatcherMethods, Agent, buildConnector, Pool, ProxyAgent, request } = await import(
    './undici.ts'
  )
  addDispatcherMethods()
  let count = 0
  const connected = (): number => count
  const counted = <Options extends ConnectTarget>(connect: Connect<Options>): Connect<Options> => {
    return (options, callback) => {
      count++
      // A connector of a proxy can fail before it returns.
      let address = (): string | undefined => undefined
      const begun: unknown = connect(options, (...result) => {
        if (result[0]) noteFailurePlace(result[0], withAddress(placeOfTarget(options, proxy), address()))
        callback(...result)
      })
      address = addressReached(begun)
      return begun
    }
  }
  const direct = { ...NO_TIMEOUTS, connect: counted(detached(buildConnector(serviceTls(tls)))) }
  const openedBy = (dispatcher: Dispatcher): Opened => ({
    dispatcher,
    send: request.bind(dispatcher),
    connected,
  })
  if (proxy === undefined) return openedBy(new Agent(direct))
  const through = (given: object): Pool.Options => {
    const { connect, ...options } = given as Pool.Options
    if (typeof connect !== 'function') throw new TypeError('undici returned no connector')
    return { ...options, ...NO_TIMEOUTS, connect: counted(detached(connect)) }
  }
  const options: ProxyAgent.Options = {
    ...direct,
    uri: proxy,
    requestTls: serviceTls(tls),
    // The tunnel itself uses HTTP/1.1. HTTP/2 is negotiated inside it.
    proxyTls: { ...proxyTls(tls), allowH2: false },
    // ProxyAgent creates its own connectors and passes them only to these two.
    clientFactory: (origin, given) => new Pool(origin, { ...through(given), headersTimeout: TUNNEL_MS }),
    factory: (origin, given) => new Pool(origin, through(given)),
  }
  return openedBy(new ProxyAgent(options))
}

type Callback = (...result: [null, Socket] | [Error, null]) => void
type Connect<Options> = (options: Options, callback: Callback) => unknown

/** Returns a connector whose sockets do not keep the process alive, even if undici calls `ref` on them. */
function detached<Options>(connect: Connect<Options>): Connect<Options> {
  return (options, callback) => {
    const begun: unknown = connect(options, (...result) => {
      // A socket through a proxy is available only in the callback.
      if (result[1]) detach(result[1])
      callback(...result)
    })
    if (begun instanceof Socket) detach(begun)
    return begun
  }
}

function detach(socket: Socket): void {
  const unref = (): unknown => socket.unref()
  socket.ref = () => socket
  // A name with several addresses is tried with a new handle for each address.
  socket.on('connectionAttempt', unref).on('connect', unref)
  unref()
}
