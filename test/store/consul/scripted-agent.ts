import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ConsulOperation } from '../../../src/store/consul/transactions.ts'

/** A received request. */
export interface Asked {
  readonly method: string
  /** The undecoded path below `/v1/`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The operations of a transaction; otherwise empty. */
  readonly operations: readonly (ConsulOperation & { readonly Namespace?: string })[]
}

export type Reply =
  | 'hang'
  | 'cut'
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

export type Script = (asked: Asked) => Reply | Promise<Reply>

/** A server in the place of a Consul agent, with scripted answers and a record of requests. */
export interface ScriptedAgent {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Returns the largest number of requests that were open at the same time. */
  readonly mostAtOnce: () => number
  /** Changes the answers to later requests. */
  become(script: Script): void
}

export async function startScripted(first: Script): Promise<ScriptedAgent> {
  const asked: Asked[] = []
  let script = first
  let open = 0
  let most = 0
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = await read(request)
    asked.push(seen)
    const reply = await script(seen)
    if (reply === 'hang') return
    if (reply === 'cut') response.destroy()
    else response.writeHead(reply.status ?? 200, reply.headers).end(reply.body)
  }
  const server = createServer((request, response) => {
    most = Math.max(most, ++open)
    response.on('close', () => open--)
    // The client may have disconnected before the answer.
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    mostAtOnce: () => most,
    become(next) {
      script = next
    },
  }
}

/** Forwards all requests to a real agent. */
export function passTo(url: string): (asked: Asked) => Promise<Exclude<Reply, string>> {
  return async ({ method, path, query, body }) => {
    const response = await fetch(`${url}/v1/${path}?${query}`, { method, ...(method !== 'GET' && { body }) })
    const index = response.headers.get('x-consul-index')
    return {
      status: response.status,
      body: await response.text(),
      ...(index !== null && { headers: { 'x-consul-index': index } }),
    }
  }
}

async function read(request: IncomingMessage): Promise<Asked> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  const [path = '', query] = (request.url ?? '').replace('/v1/', '').split('?')
  const steps = path === 'txn' ? (JSON.parse(body) as { readonly KV: ConsulOperation }[]) : []
  return {
    method: request.method ?? '',
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body,
    operations: steps.map(({ KV }) => KV),
  }
}
