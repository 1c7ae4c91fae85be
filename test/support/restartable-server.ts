import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a port of this machine, which keeps its port when it is started again. */
export class RestartableServer {
  readonly #listener: RequestListener
  #http: Server | undefined
  #port = 0

  constructor(listener: RequestListener) {
    this.#listener = listener
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Starts to listen, on the port of the earlier run if there was one. */
  async start(): Promise<void> {
    const http = createServer(this.#listener)
    await once(http.listen(this.#port, '127.0.0.1'), 'listening')
    this.#port = (http.address() as AddressInfo).port
    this.#http = http
  }

  /** Closes every connection and stops listening. */
  async stop(): Promise<void> {
    const http = this.#http
    this.#http = undefined
    if (!http) return
    const closed = once(http, 'close')
    http.close()
    http.closeAllConnections()
    await closed
  }
}
