import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { WireEvent } from '../../src/protocol/events.ts'
import { type Answer, bytes, status, waitUntil } from '../support/origin.ts'
import { type ContractService, startContractService } from './contract-service.ts'

/** What the suite leaves open it sends as `null`. */
const NOTHING_SET = {
  startWaitTimeMs: null,
  serviceEndpoints: null,
  events: null,
  bigSegments: null,
  tags: null,
  hooks: null,
  wrapper: null,
  tls: null,
  proxy: null,
  clientSide: null,
  persistentDataStore: null,
}

const NO_SOURCES = {
  useDefaultDataSystem: null,
  connectionModeConfig: null,
  store: null,
  storeMode: 0,
  initializers: null,
  synchronizers: null,
  fdv1Fallback: null,
}

/** Sources as the suite writes them. */
export const streaming = (baseUri: string) => ({
  streaming: { baseUri, initialRetryDelayMs: 50 },
  polling: null,
})
export const polling = (baseUri: string) => ({ streaming: null, polling: { baseUri, pollIntervalMs: null } })

/** Plays the suite's part against a service of its own. */
export class Suite {
  readonly service: ContractService
  readonly log: string[]

  constructor(service: ContractService, log: string[]) {
    this.service = service
    this.log = log
  }

  ask(method: string, path: string, body?: unknown): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return fetch(this.service.url + path, { method, ...(text !== undefined && { body: text }) })
  }

  /** Asks for a client; what became of it is in the response. */
  tryClient(dataSystem: object, configuration: object = {}): Promise<Response> {
    return this.ask('POST', '/', {
      tag: 'a test/of ours',
      configuration: {
        credential: 'test-sdk-key',
        ...NOTHING_SET,
        ...configuration,
        dataSystem: { ...NO_SOURCES, ...dataSystem },
      },
    })
  }

  async client(dataSystem: object, configuration: object = {}): Promise<RemoteClient> {
    const response = await this.tryClient(dataSystem, configuration)
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return new RemoteClient(this, response.headers.get('location') ?? '')
  }
}

/** A client behind the service. */
export class RemoteClient {
  readonly #suite: Suite
  readonly location: string

  constructor(suite: Suite, location: string) {
    this.#suite = suite
    this.location = location
  }

  /** The result, or nothing where none is defined. */
  async command(command: string, params: object): Promise<unknown> {
    const body = { command, evaluate: null, evaluateAll: null, [command]: params }
    const response = await this.#suite.ask('POST', this.location, body)
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  close(): Promise<Response> {
    return this.#suite.ask('DELETE', this.location)
  }
}

/** Closed by itself, with all its clients, when the test is over. */
export async function startSuite(): Promise<Suite> {
  const log: string[] = []
  const service = await startContractService({ port: 0, write: (line) => log.push(line) })
  onTestFinished(() => service.close())
  return new Suite(service, log)
}

/** Where hooks and listeners report to. */
export class Callbacks {
  readonly url: string
  /** Path and content of what arrived, in order. */
  readonly seen: { readonly path: string; readonly content: Record<string, unknown> }[] = []
  /** How many were ever being answered at once. */
  mostAtOnce = 0
  readonly #looks = new Set<() => void>()
  #open = 0

  constructor(url: string) {
    this.url = url
  }

  enter(path: string, content: unknown): void {
    this.seen.push({ path, content: content as Record<string, unknown> })
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open)
    for (const look of this.#looks) look()
  }

  leave(): void {
    this.#open--
  }

  /** Resolves when so many have arrived. */
  arrived(count: number): Promise<void> {
    return waitUntil(
      () => this.seen.length >= count,
      () => `${count} callbacks; came: ${JSON.stringify(this.seen)}`,
      (look) => {
        this.#looks.add(look)
        look()
        return () => this.#looks.delete(look)
      },
    )
  }
}

/** Answers slowly enough for two callbacks to meet, were they not sent one after the other. */
export async function startCallbacks(): Promise<Callbacks> {
  const server = createServer((request, response) => {
    void json(request).then((content) => {
      callbacks.enter(request.url ?? '', content)
      setTimeout(() => {
        callbacks.leave()
        response.end()
      }, 5)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const callbacks = new Callbacks(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return callbacks
}

/** The objects of a scripted sequence; `kind` is `flag` unless told. */
export interface Scripted {
  readonly kind?: 'flag' | 'segment'
  readonly key: string
  readonly [member: string]: unknown
}

/** The suite's opening words: every envelope says version 1, and the transfer has no id. */
export function script(...objects: readonly Scripted[]): WireEvent[] {
  const intent = { id: 'payloadID', target: 1, intentCode: 'xfer-full', reason: 'initial' }
  return [{ event: 'server-intent', data: { payloads: [intent] } }, ...update('initial', ...objects)]
}

/** What comes later, without an intent. */
export function update(state: string, ...objects: readonly Scripted[]): WireEvent[] {
  const puts = objects.map(
    ({ kind = 'flag', ...object }): WireEvent => ({
      event: 'put-object',
      data: { version: 1, kind, key: object.key, object },
    }),
  )
  return [...puts, { event: 'payload-transferred', data: { state, version: 1 } }]
}

/** A poll that demands that gzip is accepted, and gives it. */
export function gzipped(content: object): Answer {
  return (seen, response) => {
    const accepted = String(seen.headers['accept-encoding'] ?? '').includes('gzip')
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const answer = accepted ? bytes(200, headers, gzipSync(JSON.stringify(content))) : status(400)
    answer(seen, response)
  }
}

/** A flag that is off and gives its only value. */
export function fixed(key: string, value: unknown, members: object = {}): Scripted {
  return { key, version: 100, on: false, offVariation: 0, variations: [value], ...members }
}
