import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { ScriptedOrigin } from '../../src/testing/index.ts'

/** A scripted origin on a port of this machine, for programs that need a socket. */
export class OriginServer {
  readonly #origin: ScriptedOrigin
  #http: Server | undefined
  #port = 0

  constructor(origin: ScriptedOrigin) {
    this.#origin = origin
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get endpoints(): { readonly polling: string; readonly streaming: string } {
    return { polling: this.url, streaming: this.url }
  }

  /** Starts to listen, on the port of the earlier run if there was one. */
  async start(): Promise<void> {
    const http = createServer((request, response) => void this.#answer(request, response))
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

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const hasBody = request.method === 'POST'
    const answer = await this.#origin.respond(
      new Request(this.url + request.url, {
        method: request.method ?? 'GET',
        headers: request.headers as Record<string, string>,
        signal: gone.signal,
        ...(hasBody && { body: Readable.toWeb(request) as ReadableStream, duplex: 'half' }),
      }),
    )
    if (answer.type === 'error') return void response.destroy()
    const headers = Object.fromEntries(answer.headers)
    delete headers['transfer-encoding']
    response.writeHead(answer.status, headers)
    response.flushHeaders()
    if (!answer.body) return void response.end()
    Readable.fromWeb(answer.body as WebStream)
      .on('error', () => response.destroy())
      .pipe(response)
  }
}
