import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Write } from './log.ts'
import { type Reply, route } from './routes.ts'
import { ServiceError } from './service-error.ts'
import { Sessions } from './sessions.ts'

export interface ContractServiceOptions {
  /** Port; 0 selects a free one. */
  readonly port: number
  /** Receives the lines of the log. */
  readonly write: Write
}

export interface ContractService {
  /** Address for the suite, without a slash at its end, because the suite appends paths. */
  readonly url: string
  /** Closes every client, then the service. */
  close(): Promise<void>
}

/** Starts the service through which the suite creates, controls and closes clients. */
export async function startContractService({
  port,
  write,
}: ContractServiceOptions): Promise<ContractService> {
  const sessions = new Sessions()
  const server = createServer((request, response) => void serve(request, response))

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request
    try {
      const reply = await route({ method, path, body: await text(request) }, sessions, write)
      if (reply.last) response.once('close', () => void close())
      send(response, reply)
    } catch (error) {
      const { status, message } = failureOf(error)
      write(`${method} ${path}: ${status} ${message}`)
      response.writeHead(status, { 'content-type': 'text/plain' }).end(message)
    }
  }

  async function close(): Promise<void> {
    server.close()
    await sessions.closeAll()
    server.closeAllConnections()
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}

function send(response: ServerResponse, { status, location, content }: Reply): void {
  response.writeHead(status, {
    ...(location !== undefined && { location }),
    ...(content && { 'content-type': 'application/json' }),
  })
  response.end(content && JSON.stringify(content))
}

function failureOf(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof ServiceError) return error
  return { status: 500, message: String(error) }
}
