import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import type { WireEvent } from '../../src/protocol/events.ts'
import { type Answer, bytes, status, waitUntil } from '../support/origin.ts'
import { type ContractService, startContractService } from './contract-service.ts'

/** The suite sends `null` for absent values. */
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

/** Sources in the format of the suite. */
export const streaming = (baseUri: string) => ({
  streaming: { baseUri, initialRetryDelayMs: 50 },
  polling: null,
})
export const polling = (baseUri: string) => ({ streaming: null, polling: { baseUri, pollIntervalMs: null } })

/** Simulates the suite with a service of its own. */
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

  /** Creates a client. Resolves with the response. */
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

/** A client of the service. */
export class RemoteClient {
  readonly #suite: Suite
  readonly location: string

  constructor(suite: Suite, location: string) {
    this.#suite = suite
    this.location = location
  }

  /** Resolves with the result, or with `undefined` if none is defined. */
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

/** Starts a suite, which is closed with all its clients at the end of the test. */
export async function startSuite(): Promise<Suite> {
  const log: string[] = []
  const service = await startContractService({ port: 0, write: (line) => log.push(line) })
  onTestFinished(() => service.close())
  return new Suite(service, log)
}

/** Receives the callbacks of hooks and listeners. */
export class Callbacks {
  readonly url: string
  /** Path and content of the callbacks, in order. */
  readonly seen: { readonly path: string; readonly content: Record<string, unknown> }[] = []
  /** Highest number of concurrent callbacks. */
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

  /** Resolves when this number of callbacks has arrived. */
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

/** Answers slowly, so that callbacks would overlap if they were not sent one after the other. */
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

/** The objects of a scripted payload; the default `kind` is `flag`. */
export interface Scripted {
  readonly kind?: 'flag' | 'segment'
  readonly key: string
  readonly [member: string]: unknown
}

/** Returns the first payload of the suite: every envelope has version 1, and the transfer has no id. */
export function script(...objects: readonly Scripted[]): WireEvent[] {
  const intent = { id: 'payloadID', target: 1, intentCode: 'xfer-full', reason: 'initial' }
  return [{ event: 'server-intent', data: { payloads: [intent] } }, ...update('initial', ...objects)]
}

/** Returns a later delta, without an intent. */
export function update(state: string, ...objects: readonly Scripted[]): WireEvent[] {
  const puts = objects.map(
    ({ kind = 'flag', ...object }): WireEvent => ({
      event: 'put-object',
      data: { version: 1, kind, key: object.key, object },
    }),
  )
  return [...puts, { event: 'payload-transferred', data: { state, version: 1 } }]
}

/** A poll that requires that gzip is accepted, and uses it. */
export function gzipped(content: object): Answer {
  return (seen, response) => {
    const accepted = String(seen.headers['accept-encoding'] ?? '').includes('gzip')
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const answer = accepted ? bytes(200, headers, gzipSync(JSON.stringify(content))) : status(400)
    answer(seen, response)
  }
}

/** Returns a flag that is off and has one value. */
export function fixed(key: string, value: unknown, members: object = {}): Scripted {
  return { key, version: 100, on: false, offVariation: 0, variations: [value], ...members }
}
