import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The decision about sent bytes. A number is the count of bytes to forward before the connection is cut. */
type Verdict = 'pass' | 'cut' | number

/** A proxy between a client and a server that can cut connections. */
export class TcpProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Decides about the bytes of the client. `cut` ends the connection before the server receives them. */
  inspect: (sent: string) => Verdict | Promise<Verdict> = () => 'pass'

  /** Port of the server for later connections. */
  port: number

  constructor(port: number) {
    this.port = port
    this.#server = createServer((client) => {
      const server = connect({ port: this.port, host: '127.0.0.1' })
      const cut = (): void => {
        client.destroy()
        server.destroy()
      }
      for (const socket of [client, server]) {
        this.#sockets.add(socket)
        socket.on('error', cut)
        socket.on('close', cut)
      }
      let forwarded = Promise.resolve()
      client.on('data', (bytes) => {
        forwarded = forwarded.then(async () => {
          const verdict = await this.inspect(bytes.toString('latin1'))
          if (verdict === 'pass') server.write(bytes)
          else if (verdict === 'cut') cut()
          else server.write(bytes.subarray(0, verdict), cut)
        })
      })
      server.pipe(client)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as { readonly port: number }).port
  }

  /** Ends all connections. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#sockets.clear()
  }

  close(): void {
    this.#server.close()
    this.cutAll()
  }
}

/** Starts a proxy that is closed at the end of the test. */
export async function startTcpProxy(
  port: number,
): Promise<{ readonly proxy: TcpProxy; readonly port: number }> {
  const proxy = new TcpProxy(port)
  onTestFinished(() => proxy.close())
  return { proxy, port: await proxy.listen() }
}
