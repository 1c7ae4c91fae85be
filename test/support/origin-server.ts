import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { ScriptedOrigin } from '../../src/testing/index.ts'
import { RestartableServer } from './restartable-server.ts'

/** A scripted origin on a port of this machine, for programs that need a socket. */
export class OriginServer {
  readonly #origin: ScriptedOrigin
  readonly #server = new RestartableServer((request, response) => void this.#answer(request, response))

  constructor(origin: ScriptedOrigin) {
    this.#origin = origin
  }

  get url(): string {
    return this.#server.url
  }

  get endpoints(): { readonly polling: string; readonly streaming: string } {
    return { polling: this.url, streaming: this.url }
  }

  /** Starts to listen, on the port of the earlier run if there was one. */
  start(): Promise<void> {
    return this.#server.start()
  }

  /** Closes every connection and stops listening. */
  stop(): Promise<void> {
    return this.#server.stop()
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
