import { compact } from '../options/compact.ts'
import type { ServingCertificate } from './certificate.ts'
import type { RelayConfig } from './config/relay-config.ts'
import { MAX_OPERATOR_CONNECTIONS, maxSdkConnections } from './connection-limit.ts'
import {
  type ConnectionLimit,
  type ListeningServer,
  type ListenOptions,
  type ListenPlace,
  listen,
} from './listen.ts'
import type { RelayRoutes } from './routes.ts'

/** The base URLs of a relay, for example `http://127.0.0.1:8030`. */
export interface RelayUrls {
  /** The base URL for SDKs. */
  readonly url: string
  /** The base URL for operators, if they have a port of their own. */
  readonly adminUrl?: string
  /** The base URL of the additional port with `/metrics`. */
  readonly prometheusUrl?: string
}

/** All open ports of a relay. */
interface Listeners {
  readonly urls: RelayUrls
  /** Reserves open files for the environments of this configuration. */
  adapt(config: RelayConfig): void
  close(): Promise<void>
}

interface ListenersOptions extends ListenOptions {
  readonly certificate: ServingCertificate | undefined
}

export const NO_LISTENERS: Listeners = { urls: { url: '' }, adapt() {}, close: async () => {} }

const OPERATOR_LIMIT: ConnectionLimit = {
  connections: MAX_OPERATOR_CONNECTIONS,
  counter: 'refusedOperators',
  warning: (connections) => `refused a connection: ${connections} are open on a port for operators`,
}

/** Opens the ports. Rejects with the error of Node if one cannot be opened; none is left open in that case. */
export async function openListeners(
  config: RelayConfig,
  routes: RelayRoutes,
  options: ListenersOptions,
): Promise<Listeners> {
  const { host, gracefulShutdownMs, admin, prometheus } = config
  const { certificate } = options
  const operators: Omit<ListenPlace, 'port'> = { host, gracefulShutdownMs, limit: OPERATOR_LIMIT }
  const open: ListeningServer[] = []
  const close = async (): Promise<void> => {
    await Promise.all(open.map((server) => server.close()))
  }
  const add = async (place: ListenPlace, listener: RelayRoutes[keyof RelayRoutes]): Promise<string> => {
    const server = await listen(place, listener, options)
    open.push(server)
    return server.url
  }
  try {
    const place = { port: config.port, host, gracefulShutdownMs, certificate, limit: sdkLimit(config) }
    const url = await add(place, routes.sdk)
    const adminUrl = admin && (await add({ ...operators, certificate, ...admin }, routes.operators))
    const prometheusUrl = prometheus && (await add({ ...operators, ...prometheus }, routes.metrics))
    return {
      urls: relayUrls({ url, adminUrl, prometheusUrl }),
      adapt(next) {
        const connections = maxSdkConnections(next)
        if (connections !== undefined) open[0]?.limitTo(connections)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function sdkLimit(config: RelayConfig): ConnectionLimit | undefined {
  const connections = maxSdkConnections(config)
  if (connections === undefined) return undefined
  return {
    connections,
    counter: 'refused',
    warning: (most) =>
      `refused a connection: ${most} are open, which is close to the limit on open files; raise it (ulimit -n)`,
  }
}

type Urls = { readonly [K in keyof RelayUrls]: RelayUrls[K] | undefined }

export function relayUrls({ url, adminUrl, prometheusUrl }: Urls & Pick<RelayUrls, 'url'>): RelayUrls {
  return { url, ...compact({ adminUrl, prometheusUrl }) }
}
