import { connect, createServer, type Server } from 'node:net'

/** Forwards everything, and counts the bytes of answers, including headers. */
export class CountingProxy {
  readonly server: Server
  #bytes = 0

  constructor(port: number) {
    this.server = createServer((client) => {
      const service = connect({ port, host: '127.0.0.1' })
      service.on('data', (chunk) => {
        this.#bytes += chunk.length
      })
      for (const socket of [client, service]) {
        socket.on('error', () => socket.destroy())
        socket.on('close', () => {
          client.destroy()
          service.destroy()
        })
      }
      service.pipe(client)
      client.pipe(service)
    })
  }

  get bytes(): number {
    return this.#bytes
  }
}
