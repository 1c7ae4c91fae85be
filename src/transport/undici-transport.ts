import type { Socket } from 'node:net'
import type { Agent, Dispatcher } from 'undici'
import type { HttpHeaders, Transport } from './transport.ts'

/**
 * The default transport: a private agent of undici, loaded on first use, because it costs tens of milliseconds
 * that file and test sources need not pay. It shares nothing with the host application's own HTTP.
 */
export function undiciTransport(): Transport {
  let agent: Promise<Agent> | undefined
  return {
    async get({ url, headers, signal }) {
      agent ??= openAgent()
      const { request } = await import('undici')
      const response = await request(url, { dispatcher: await agent, headers, signal })
      return { status: response.statusCode, headers: flatten(response.headers), body: response.body }
    },
    async close() {
      await (await agent)?.destroy()
    },
  }
}

async function openAgent(): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici')
  const connect = buildConnector({})
  return new Agent({
    // An idle stream is healthy for minutes; its source has a watchdog of its own.
    bodyTimeout: 0,
    headersTimeout: 0,
    connect: (options, callback) => detach(connect(options, callback)),
  })
}

/** A connection must not keep the process alive, however often undici takes hold of it again. */
function detach(socket: unknown): void {
  const connection = socket as Socket
  const unref = (): unknown => connection.unref()
  connection.ref = () => connection
  // A name with several addresses is tried with a handle for each.
  connection.on('connectionAttempt', unref).on('connect', unref)
  unref()
}

function flatten(headers: Dispatcher.ResponseData['headers']): HttpHeaders {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value ?? '')] as const)
  return Object.fromEntries(entries)
}
