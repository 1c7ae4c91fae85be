import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '../async/clock.ts'
import type { Logger } from '../model/logger.ts'
import type { RelayConfig } from './config/relay-config.ts'

export interface FrontDoor {
  readonly url: string
  /** Lets nobody in any more. Resolves when everybody has left, or was made to. */
  close(): Promise<void>
}

/** How long clients get to take their goodbye. */
const GRACE_MS = 3_000

/** What a client may take its time with, milliseconds: nobody holds a connection by saying nothing. */
const PATIENCE: ServerOptions & Pick<TlsServerOptions, 'handshakeTimeout'> = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 32 * 1_024,
}

/** Listens for requests. Rejects with the platform's error when the address cannot be listened on. */
export async function openDoor(
  config: Pick<RelayConfig, 'port' | 'host' | 'tls'>,
  listener: RequestListener,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<FrontDoor> {
  const http = serverFor(config, listener)
  http.on('clientError', refuser(logger))
  // Also those that are no requests yet, as in the midst of a handshake.
  const sockets = new Set<Socket>()
  let closing = false
  // A client that keeps its connection, as SDKs do, would hold the door open long after its goodbye.
  http.on('request', (_, response) => {
    response.once('finish', () => closing && response.req.socket.destroySoon())
  })
  http.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  http.listen({ port: config.port, host: config.host, backlog: 4_096 })
  await once(http, 'listening')
  return {
    url: urlOf(http, config),
    async close() {
      closing = true
      const closed = once(http, 'close')
      http.close()
      http.closeIdleConnections()
      const disarm = clock.after(GRACE_MS, () => {
        for (const socket of sockets) socket.destroy()
      })
      await closed
      disarm()
    },
  }
}

function serverFor({ tls }: Pick<RelayConfig, 'tls'>, listener: RequestListener): Server {
  if (!tls) return createServer(PATIENCE, listener)
  const { certFile, keyFile, minVersion } = tls
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  return createTlsServer({ ...PATIENCE, ...files, ...(minVersion && { minVersion }) }, listener)
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** What a parser of HTTP says, apart from what TLS and the network do. */
const OF_HTTP = /^(HPE|ERR_HTTP)_/

/** Each kind of nonsense is logged once: whoever sends it must not fill the log. */
function refuser(logger: Logger): (error: NodeJS.ErrnoException, socket: Socket) => void {
  const said = new Set<string>()
  return ({ code = 'unknown' }, socket) => {
    if (!said.has(code) && code !== 'ECONNRESET') {
      said.add(code)
      logger.warn(`a client sent what is no request (${code}); it is not said again`)
    }
    // In a handshake nothing can be said, and an end that waits for being said never comes.
    if (!OF_HTTP.test(code)) return void socket.destroy()
    const line = STATUS_LINES[code] ?? '400 Bad Request'
    if (socket.writable) socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    // Whoever does not read that, or goes on, is not waited for.
    socket.destroySoon()
  }
}

function urlOf(http: Server, { tls }: Pick<RelayConfig, 'tls'>): string {
  const { address, family, port } = http.address() as AddressInfo
  return `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
