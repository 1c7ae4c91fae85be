import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { startDevServer } from '../../../../src/cli/dev.ts'
import { certificate, certificatePath } from '../../../support/certificates.ts'

/** A service at the addresses of LaunchDarkly, for processes with these environment variables. */
export interface HostedService {
  readonly variables: Readonly<Record<string, string>>
  /** The hosts that clients have connected to. */
  readonly hosts: ReadonlySet<string>
  /** Replaces the flags of the service. */
  readonly serve: (flagFile: string) => void
  readonly close: () => Promise<void>
}

const silent = { info() {}, warn() {}, error() {} }

/**
 * Starts a service for programs that use LaunchDarkly's addresses. They reach it through a proxy, which their environment variables name, and accept
 * its certificate. So a program needs no address of a test.
 */
export async function startHostedService(sdkKey: string, flagFile: string): Promise<HostedService> {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-hosted-'))
  const file = join(folder, 'flags.json')
  const serve = (text: string): void => writeFileSync(file, text)
  serve(flagFile)
  // Without a key the server would refuse requests for a foreign host.
  const service = await startDevServer({
    files: [file],
    sdkKey,
    port: 0,
    logger: silent,
    fileIntervalMs: 100,
  })
  const { port } = new URL(service.url)
  const hosts = new Set<string>()
  const sockets = new Set<Duplex>()
  const proxy = createServer().on('connect', (request: IncomingMessage, socket: Duplex) => {
    hosts.add(request.url ?? '')
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const client = new TLSSocket(socket, {
      isServer: true,
      ...certificate('hosted'),
    })
    const onward = connect(Number(port), '127.0.0.1')
    for (const each of [socket, client, onward]) {
      sockets.add(each)
      each.on('error', () => {})
    }
    client.on('close', () => onward.destroy()).pipe(onward)
    onward.on('close', () => client.destroy()).pipe(client)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  return {
    variables: {
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: certificatePath('hosted.cert.pem'),
    },
    hosts,
    serve,
    async close() {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await service.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
