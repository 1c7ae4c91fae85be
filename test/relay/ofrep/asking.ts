import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text as readAll } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { SDK_KEY } from '../../support/engine.ts'

export const ALL = '/ofrep/v1/evaluate/flags'
export const KEYED = { 'x-api-key': SDK_KEY }

export interface OfrepAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: ReturnType<typeof JSON.parse>
}

export interface OfrepRequest {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Default: the context of the user `u`. */
  readonly context?: unknown
  /** A body in place of one with the context. */
  readonly body?: string
}

/** Sends a request as a provider of OFREP does, with the SDK key unless other headers are given. */
export async function askOfrep(relay: RelayServer, asked: OfrepRequest = {}): Promise<OfrepAnswer> {
  const { path = ALL, method = 'POST', headers = KEYED, context = { targetingKey: 'u' } } = asked
  const { hostname, port } = new URL(relay.url)
  const type = { 'content-type': 'application/json; charset=utf-8' }
  const sent = request({ hostname, port, path, method, headers: { ...type, ...headers } })
  sent.end(asked.body ?? JSON.stringify({ context }))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const text = await readAll(response)
  const isJson = response.headers['content-type'] === 'application/json'
  const body: unknown = isJson && !response.headers['content-encoding'] ? JSON.parse(text) : text
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

/** Returns the evaluated flags of an answer by their key. */
export function flagsOf({ body }: OfrepAnswer): Readonly<Record<string, ReturnType<typeof JSON.parse>>> {
  const { flags } = body as { readonly flags: readonly { readonly key: string }[] }
  return Object.fromEntries(flags.map((flag) => [flag.key, flag]))
}

/** Returns the address of the stream in an answer. */
export function streamOf({ body }: OfrepAnswer): string {
  const [stream] = body.eventStreams as readonly { readonly endpoint: { readonly requestUri: string } }[]
  return stream?.endpoint.requestUri ?? ''
}

export interface OfrepStream {
  readonly answer: IncomingMessage
  /** Everything that was received. */
  readonly text: string
  /** The IDs of the received events. */
  readonly ids: readonly string[]
}

/** Opens a stream of changes, which ends with the test. */
export async function openStream(
  relay: RelayServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OfrepStream> {
  const sent = request(relay.url + path, { headers, agent: new Agent() })
  onTestFinished(() => void sent.destroy())
  sent.end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  answer.on('error', () => undefined)
  return {
    answer,
    get text() {
      return text
    },
    get ids() {
      return Array.from(text.matchAll(/^id: (.*)$/gm), ([, id = '']) => id)
    },
  }
}
