import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificates.ts'

/** A request as received by the proxy. */
interface Proxied {
  /** `CONNECT host:port` for a tunnel, `GET http://host:port/path` for a forwarded request. */
  readonly line: string
  readonly authorization: string | undefined
  /** Other bytes that the proxy could read. */
  readonly headers: string
  /** Common name of the client certificate, over TLS. */
  readonly shown: unknown
}

export interface Proxy {
  /** The address, without user and password. */
  readonly url: string
  readonly seen: readonly Proxied[]
  /** Number of open connections. */
  readonly connections: number
}

export interface ProxyOptions {
  /** Required credentials (`Basic ...`). Other requests are answered 407. */
  readonly authorization?: string
  /** Key and certificate for TLS to clients. */
  readonly tls?: Certificate
  /** True to accept connections and never answer. */
  readonly manner?: 'silent'
}

/** Opens a proxy, with tunnels for CONNECT and forwarding for http. It is closed at the end of the test. */
export async function startProxy({ authorization, tls, manner }: ProxyOptions = {}): Promise<Proxy> {
  const seen: Proxied[] = []
  const sockets = new Set<Duplex>()
  const admits = (incoming: IncomingMessage): boolean => {
    const { 'proxy-authorization': given, ...headers } = incoming.headers
    const line = `${incoming.method} ${incoming.url}`
    const shown = tls && (incoming.socket as TLSSocket).getPeerCertificate().subject?.CN
    seen.push({ line, authorization: given, headers: JSON.stringify(headers), shown })
    return authorization === undefined || given === authorization
  }
  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const admitted = admits(incoming)
    if (manner === 'silent') return
    if (!admitted) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic' }).end('x'.repeat(100_000))
      return
    }
    const { 'proxy-authorization': _, ...headers } = incoming.headers
    const onward = request(incoming.url ?? '', { method: incoming.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      // A truncated answer must be truncated here too.
      pipeline(answer, response, () => {})
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    onward.end()
  }
  const server = tls
    ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, forward)
    : createServer(forward)
  server.on('connect', (incoming: IncomingMessage, client: Duplex) => {
    const admitted = admits(incoming)
    if (manner === 'silent') return
    if (!admitted)
      return client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
    const target = new URL(`tcp://${incoming.url}`)
    const onward = connect(Number(target.port), target.hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(onward).pipe(client)
    })
    sockets.add(onward)
    onward.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy())
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    seen,
    get connections() {
      return sockets.size
    },
  }
}
