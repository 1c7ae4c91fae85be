import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Change, ChangeSet } from '../../src/model/change-set.ts'
import { encodeChangeSet, toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import { PATHS, type WireEvent } from '../../src/protocol/events.ts'
import { FDV1_PATHS } from '../../src/protocol/fdv1.ts'

/** A request as received by the server. */
export interface ReceivedRequest {
  /** Path and query. */
  readonly url: string
  readonly path: string
  /** The decoded `basis` parameter. */
  readonly basis: string | undefined
  readonly headers: IncomingHttpHeaders
  /** Time in milliseconds of a monotonic clock. */
  readonly at: number
}

/** The handler of one request. */
export type Answer = (received: ReceivedRequest, response: ServerResponse) => void

/** The answers of one path: each queued answer once, then the default answer. */
export class Route {
  readonly received: ReceivedRequest[] = []
  readonly #queue: Answer[] = []
  #standing: Answer = status(501)

  next(...answers: readonly Answer[]): this {
    this.#queue.push(...answers)
    return this
  }

  always(answer: Answer): this {
    this.#standing = answer
    return this
  }

  take(): Answer {
    return this.#queue.shift() ?? this.#standing
  }
}

/** A scripted service for FDv1 and FDv2 on a real socket. */
export class Origin {
  readonly url: string
  readonly poll: Route = new Route()
  readonly stream: Route = new Route()
  readonly fdv1: { readonly poll: Route; readonly stream: Route } = { poll: new Route(), stream: new Route() }
  /** Every request, in order. */
  readonly received: ReceivedRequest[] = []
  readonly #routes: ReadonlyMap<string, Route>
  readonly #others = new Route()
  readonly #listening: Listening
  readonly #waiting = new Set<() => void>()

  constructor(listening: Listening, scheme: string) {
    this.#listening = listening
    listening.onClosed(() => this.#notify())
    this.url = `${scheme}://127.0.0.1:${listening.port}`
    this.#routes = new Map([
      [PATHS.poll, this.poll],
      [PATHS.stream, this.stream],
      [FDV1_PATHS.poll, this.fdv1.poll],
      [FDV1_PATHS.stream, this.fdv1.stream],
    ])
  }

  /** Sets the answer of another path, for redirects. */
  get others(): Route {
    return this.#others
  }

  get endpoints(): { readonly polling: string; readonly streaming: string } {
    return { polling: this.url, streaming: this.url }
  }

  /** Number of open connections. */
  get connections(): number {
    return this.#listening.sockets.size
  }

  /** Number of connections since the start. */
  get accepted(): number {
    return this.#listening.accepted
  }

  handle: RequestListener = (request, response) => {
    const url = request.url ?? ''
    const { pathname: path, searchParams } = new URL(url, this.url)
    const basis = searchParams.get('basis') ?? undefined
    const received = { url, path, basis, headers: request.headers, at: performance.now() }
    const route = this.#routes.get(path) ?? this.#others
    this.received.push(received)
    route.received.push(received)
    route.take()(received, response)
    this.#notify()
    response.on('close', () => this.#notify())
  }

  /** Resolves when the condition is met; checked after each request, each answer, and each closed connection. */
  until(holds: () => boolean, what: string): Promise<void> {
    return waitUntil(holds, what, (look) => {
      this.#waiting.add(look)
      return () => this.#waiting.delete(look)
    })
  }

  async close(): Promise<void> {
    await this.#listening.close()
  }

  #notify(): void {
    for (const look of this.#waiting) look()
  }
}

export interface OriginOptions {
  /** Key and certificate for TLS. */
  readonly tls?: ServerOptions & { readonly key: Buffer; readonly cert: Buffer }
}

/** Opens a service, which is closed at the end of the test. */
export async function startOrigin({ tls }: OriginOptions = {}): Promise<Origin> {
  const listener: RequestListener = (request, response) => origin.handle(request, response)
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  const origin = new Origin(await listen(server), tls ? 'https' : 'http')
  onTestFinished(() => origin.close())
  return origin
}

/** Opens a TCP server for answers that HTTP libraries cannot send. It is closed at the end of the test. */
export async function startRawOrigin(
  answer: (head: string, socket: Socket) => void,
): Promise<{ readonly url: string; readonly heads: readonly string[] }> {
  const heads: string[] = []
  const server = createRawServer((socket) => {
    let pending = ''
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1')
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        const head = pending.slice(0, end)
        pending = pending.slice(end + 4)
        heads.push(head)
        answer(head, socket)
      }
    })
  })
  const listening = await listen(server)
  onTestFinished(() => listening.close())
  return { url: `http://127.0.0.1:${listening.port}`, heads }
}

interface Listening {
  readonly port: number
  readonly sockets: ReadonlySet<Socket>
  readonly accepted: number
  /** Called after each closed connection. */
  onClosed(tell: () => void): void
  close(): Promise<void>
}

async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>()
  const told: (() => void)[] = []
  let accepted = 0
  server.on('connection', (socket) => {
    accepted++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      for (const tell of told) tell()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    get accepted() {
      return accepted
    },
    onClosed: (tell) => told.push(tell),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Resolves when the condition is met; `watch` calls back after each possible change. Rejects after two minutes. */
export function waitUntil(
  holds: () => boolean,
  what: string | (() => string),
  watch: (look: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer)
      unwatch()
      if (error) reject(error)
      else resolve()
    }
    const look = (): void => {
      if (holds()) settle()
    }
    const unwatch = watch(look)
    const timer = setTimeout(
      () => settle(new Error(`never came: ${typeof what === 'string' ? what : what()}`)),
      120_000,
    )
    look()
  })
}

// Events

/** Returns the event that puts a flag. */
export function put(key: string, version = 1, members: object = {}): Change {
  return { op: 'put', kind: 'flag', key, version, object: { key, version, ...members } }
}

export function remove(key: string, version = 2): Change {
  return { op: 'delete', kind: 'flag', key, version }
}

export function full(state: string, ...changes: readonly Change[]): WireEvent[] {
  return encode({ type: 'full', changes }, state)
}

export function delta(state: string, ...changes: readonly Change[]): WireEvent[] {
  return encode({ type: 'partial', changes }, state)
}

export function none(state: string): WireEvent[] {
  return encode({ type: 'none' }, state)
}

function encode(changeSet: ChangeSet, state: string): WireEvent[] {
  return encodeChangeSet(changeSet, { id: 'p', target: { state, version: 1 }, reason: 'test' })
}

/** Returns a full payload of FDv1. */
export function everything(...changes: readonly Change[]): object {
  const puts = changes.filter((change) => change.op === 'put')
  const of = (wanted: string): object =>
    Object.fromEntries(puts.filter(({ kind }) => kind === wanted).map(({ key, object }) => [key, object]))
  return { flags: of('flag'), segments: of('segment') }
}

/** Returns the first event of an FDv1 stream. */
export function everythingPut(...changes: readonly Change[]): string {
  return frame('put', JSON.stringify({ path: '/', data: everything(...changes) }))
}

/** Returns one event in the format of a stream, with the data unchanged. */
export function frame(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`
}

// Answers

/** Returns the answer to a poll. */
export function body(events: readonly WireEvent[], headers: Readonly<Record<string, string>> = {}): Answer {
  return bytes(200, { 'content-type': 'application/json', ...headers }, toPollBody(events))
}

/** Returns the answer to an FDv1 poll. */
export function fdv1Body(changes: readonly Change[], headers: Readonly<Record<string, string>> = {}): Answer {
  return bytes(
    200,
    { 'content-type': 'application/json', ...headers },
    JSON.stringify(everything(...changes)),
  )
}

export function bytes(
  code: number,
  headers: Readonly<Record<string, string>>,
  content: string | Uint8Array,
): Answer {
  return (_, response) => response.writeHead(code, headers).end(content)
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return bytes(code, headers, '')
}

/** Accepts the request and never answers. */
export const silence: Answer = () => {}

/** An event stream that stays open, through which tests send events. Each new request replaces the last one. */
export class LiveStream {
  readonly #greeting: (received: ReceivedRequest) => string | Uint8Array
  #response: ServerResponse | undefined

  /** @param greeting Events at the beginning of each connection. */
  constructor(greeting: readonly WireEvent[] | ((received: ReceivedRequest) => string | Uint8Array)) {
    this.#greeting = typeof greeting === 'function' ? greeting : () => toEventStream(greeting)
  }

  readonly answer: Answer = (received, response) => {
    this.#response = response
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    const greeting = this.#greeting(received)
    if (greeting.length > 0) response.write(greeting)
  }

  send(what: readonly WireEvent[] | string | Uint8Array): void {
    const content = typeof what === 'string' || what instanceof Uint8Array ? what : toEventStream(what)
    this.#response?.write(content)
  }

  /** Ends the response regularly. */
  end(): void {
    this.#response?.end()
  }

  /** Destroys the connection. */
  cut(): void {
    this.#response?.destroy()
  }
}
