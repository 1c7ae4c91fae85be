import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../async/clock.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { ServingCertificate } from './certificate.ts'
import type { RelayConfig } from './config/relay-config.ts'
import { type ConnectionCounter, type ConnectionCounts, RequestQueue } from './connections.ts'

export interface ListeningServer {
  readonly url: string
  /** Changes the limit of connections. Open ones stay open. */
  limitTo(connections: number): void
  /** Stops accepting connections. Resolves when all are closed; those still open after `gracefulShutdownMs` are destroyed. */
  close(): Promise<void>
}

/** One port of a relay. */
export interface ListenPlace extends Pick<RelayConfig, 'port' | 'gracefulShutdownMs'> {
  readonly host?: string | undefined
  /** Serves HTTPS with this certificate, otherwise HTTP. */
  readonly certificate?: ServingCertificate | undefined
  /** Further connections are refused, counted, and logged once. Default: no limit. */
  readonly limit?: ConnectionLimit | undefined
}

export interface ConnectionLimit {
  readonly connections: number
  readonly counter: keyof ConnectionCounts
  readonly warning: (connections: number) => string
}

export interface ListenOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly connections: ConnectionCounter
}

/** Time-outs in milliseconds, so that idle clients do not occupy connections. */
const TIMEOUTS: ServerOptions & Pick<TlsServerOptions, 'handshakeTimeout'> = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 32 * 1_024,
}

/** Listens for requests. Rejects with the error of Node if the port cannot be opened. */
export async function listen(
  { port, host, gracefulShutdownMs, certificate, limit }: ListenPlace,
  listener: RequestListener,
  { clock, logger, connections }: ListenOptions,
): Promise<ListeningServer> {
  const warn = warnOnce(logger)
  const queue = new RequestQueue(listener, () => {
    connections.add('pipelined')
    warn('closed a connection with more than 16 pipelined requests')
  })
  const http = serverFor(certificate, (request, response) => queue.add(request, response))
  http.on('clientError', (error, socket) => {
    const isAnswering = queue.isAnswering(socket)
    rejectConnection({ error, socket, isAnswering, warn })
  })
  if (limit) {
    http.maxConnections = limit.connections
    http.on('drop', () => {
      connections.add(limit.counter)
      warn(limit.warning(http.maxConnections))
    })
  }
  // Includes connections without a request yet, for example during a TLS handshake.
  const sockets = new Set<Socket>()
  let closing = false
  // While closing, connections are not kept alive: SDKs would keep them open long after the goodbye.
  http.on('request', (_, response) => {
    response.once('finish', () => closing && response.req.socket.destroySoon())
  })
  http.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  http.listen({ port, host, backlog: 4_096 })
  await once(http, 'listening')
  // Node reports failed accepts as errors of the server. Without a listener they would end the process.
  http.on('error', (error) => warn(`could not accept a connection: ${error.message}`))
  return {
    url: urlOf(http, certificate ? 'https' : 'http'),
    limitTo(most) {
      http.maxConnections = most
    },
    async close() {
      closing = true
      const closed = once(http, 'close')
      http.close()
      http.closeIdleConnections()
      // Node does not count a connection as idle before its first request; clients open some in advance.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
      const disarm = clock.after(gracefulShutdownMs, () => {
        for (const socket of sockets) socket.destroy()
      })
      await closed
      disarm()
    },
  }
}

function serverFor(certificate: ServingCertificate | undefined, listener: RequestListener): Server {
  if (!certificate) return createServer(TIMEOUTS, listener)
  const server = createTlsServer({ ...TIMEOUTS, ...certificate.options }, listener)
  certificate.addServer(server)
  return server
}

/** Returns a function that logs each text once, because a client must not be able to fill the log. */
function warnOnce(logger: Logger): (text: string) => void {
  const warned = new WarnOnce()
  return (text) => {
    if (warned.isFirst(text)) logger.warn(`${text} (further ones are not logged)`)
  }
}

function urlOf(http: Server, scheme: 'http' | 'https'): string {
  const { address, family, port } = http.address() as AddressInfo
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

export interface FailedConnection {
  readonly error: NodeJS.ErrnoException
  readonly socket: Duplex
  readonly isAnswering: boolean
  readonly warn: (text: string) => void
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Codes of malformed HTTP; other codes are those of TLS or of the network. */
const HTTP_ERROR = /^(HPE|ERR_HTTP)_/

/** Codes of clients that left during a request or an answer, which is normal and not logged. */
const CLIENT_GONE: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'HPE_INVALID_EOF_STATE',
])

/** Closes a connection that failed, with an HTTP answer if that is possible. */
export function rejectConnection({ error, socket, isAnswering, warn }: FailedConnection): void {
  const { code = 'unknown' } = error
  const isOfHttp = HTTP_ERROR.test(code)
  if (!CLIENT_GONE.has(code)) {
    warn(`closed a connection: ${isOfHttp ? 'malformed HTTP request' : 'the TLS handshake failed'} (${code})`)
  }
  // Nothing may be written into another answer or a TLS handshake.
  if (isAnswering || !isOfHttp) return void socket.destroy()
  const line = STATUS_LINES[code] ?? '400 Bad Request'
  if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  // Does not wait for clients that do not read the answer or continue to send.
  if ('destroySoon' in socket && typeof socket.destroySoon === 'function') socket.destroySoon()
  else socket.destroy()
}
