import { once } from 'node:events'
import {
  createServer,
  get,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Change } from '../../src/model/change-set.ts'
import { createFlagServer, type FlagServer, type FlagServerOptions } from '../../src/server/flag-server.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

export interface Served {
  readonly flagServer: FlagServer
  readonly clock: VirtualClock
  readonly http: Server
  readonly url: string
}

/** Starts a flag server on a free loopback port, in virtual time, until the end of the test. */
export async function serve(options: Partial<FlagServerOptions> = {}): Promise<Served> {
  const clock = new VirtualClock()
  const onError = (error: unknown): never => {
    throw error
  }
  const flagServer = createFlagServer({ clock, onError, ...options })
  const http = createServer(flagServer.handler).listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    http.closeAllConnections()
    http.close()
    await flagServer.close()
  })
  return { flagServer, clock, http, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

/** Accepts a full change set that leads to the state. */
export function publishFull(flagServer: FlagServer, state: string, changes: readonly Change[]): void {
  const selector = { state, version: 1 }
  flagServer.accept({ changeSet: { type: 'full', changes, selector }, selector })
}

/** Accepts a delta that leads to the state. */
export function publishPartial(flagServer: FlagServer, state: string, changes: readonly Change[]): void {
  const selector = { state, version: 2 }
  flagServer.accept({ changeSet: { type: 'partial', changes, selector }, selector })
}

export function put(key: string, version: number): Change {
  return { op: 'put', kind: 'flag', key, version, object: { key, version } }
}

export function remove(key: string, version: number): Change {
  return { op: 'delete', kind: 'flag', key, version }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Sends one request and returns the answer as raw bytes. */
export async function fetchRaw(
  url: string,
  options: { readonly headers?: Record<string, string>; readonly method?: string } = {},
): Promise<Reply> {
  const outgoing = request(url, { agent: false, ...options }).end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
}

export interface Stream {
  readonly response: IncomingMessage
  /** Returns everything received so far. */
  text(): string
  /** Resolves when the text was received. */
  until(wanted: string): Promise<void>
  /** Resolves when either side has ended the connection. */
  readonly ended: Promise<void>
}

export async function openStream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  const outgoing = get(url, { agent: false, headers })
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  onTestFinished(() => void outgoing.destroy())
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return {
    response,
    text: () => text,
    until: async (wanted) => {
      for (let start = 0; !text.includes(wanted, start); ) {
        start = Math.max(0, text.length - wanted.length)
        await once(response, 'data')
      }
    },
    ended: new Promise((resolve) => response.on('close', resolve)),
  }
}

/** Returns the events of an event stream as `name key` or `name intentCode reason`, in order. */
export function outline(text: string): string[] {
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('event: '))
    .map((part) => {
      const [, event, data] = /^event: (.*)\n(?:id: .*\n)?data: (.*)$/.exec(part) ?? []
      return outlineOf(event ?? '', JSON.parse(data ?? ''))
    })
}

/** Returns the events of a poll body in the same form. */
export function outlinePoll(body: Buffer): string[] {
  const { events } = JSON.parse(body.toString()) as { events: { event: string; data: unknown }[] }
  return events.map(({ event, data }) => outlineOf(event, data))
}

function outlineOf(event: string, raw: unknown): string {
  const data = raw as Record<string, string> & { payloads?: Record<string, string>[] }
  const intent = data.payloads?.[0]
  const detail = intent ? `${intent.intentCode} ${intent.reason}` : (data.state ?? data.key ?? data.reason)
  return `${event} ${detail}`
}
