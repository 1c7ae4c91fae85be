import type { Clock } from '../../../src/async/clock.ts'
import { Queue } from '../../../src/async/queue.ts'
import type { Change } from '../../../src/model/change-set.ts'
import { encodeChangeSet, goodbyeEvent, toEventStream, toPollBody } from '../../../src/protocol/encoder.ts'
import { PATHS, type WireEvent } from '../../../src/protocol/events.ts'
import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from '../../../src/transport/transport.ts'

/** The handler of one request. */
export type Behaviour = (service: Service, request: HttpRequest) => Promise<HttpResponse>

/** A service on virtual time with one flag, `checkout`, and scripted failures. It answers without delay. */
export class Service implements Transport {
  stream: Behaviour = workingStream
  poll: Behaviour = workingPoll
  fdv1: Behaviour = workingFdv1
  readonly clock: Clock
  /** Version of the flag. */
  version = 1
  #epoch = 'a'
  readonly #open = new Set<Queue<Uint8Array | Error>>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    const { pathname } = new URL(request.url)
    if (pathname === PATHS.stream) return this.stream(this, request)
    return pathname === PATHS.poll ? this.poll(this, request) : this.fdv1(this, request)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Changes the flag and sends the change to the open streams. */
  update(): void {
    this.version++
    this.send(toEventStream(this.since(this.#state(this.version - 1))))
  }

  /** Loses the history: earlier bases become unknown. */
  forget(): void {
    this.#epoch += 'a'
  }

  send(text: string): void {
    for (const connection of this.#open) connection.push(Buffer.from(text))
  }

  /** Resets every open stream. */
  cut(): void {
    for (const connection of this.#open) connection.push(new Error('connection reset'))
    this.#open.clear()
  }

  /** Ends every open stream regularly. */
  end(): void {
    for (const connection of this.#open) connection.close()
    this.#open.clear()
  }

  /** Leaves every open stream open, but sends nothing on it any more. */
  lose(): void {
    this.#open.clear()
  }

  /** Returns the payload for a client with this basis. */
  since(basis: string | null): WireEvent[] {
    const target = { state: this.#state(this.version), version: this.version }
    const info = { id: 'p', target, reason: 'test' }
    if (basis === target.state) return encodeChangeSet({ type: 'none' }, info)
    const changes = [this.#flag()]
    const known = basis?.startsWith(`${this.#epoch}-`) ?? false
    return encodeChangeSet({ type: known ? 'partial' : 'full', changes }, info)
  }

  /** Yields the bytes of one open stream until it is ended, cut or aborted. */
  async *connection(greeting: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const chunks = new Queue<Uint8Array | Error>()
    const close = (): void => chunks.close()
    signal.addEventListener('abort', close)
    this.#open.add(chunks)
    try {
      if (greeting !== '') yield Buffer.from(greeting)
      for await (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk
        yield chunk
      }
    } finally {
      signal.removeEventListener('abort', close)
      this.#open.delete(chunks)
    }
  }

  #state(version: number): string {
    return `${this.#epoch}-${version}`
  }

  #flag(): Change {
    const { version } = this
    return { op: 'put', kind: 'flag', key: 'checkout', version, object: { key: 'checkout', version } }
  }
}

// Normal behaviour

export const workingStream: Behaviour = (service, { url, signal }) =>
  eventStream(service.connection(toEventStream(service.since(basisOf(url))), signal))

export const workingPoll: Behaviour = (service, { url }) =>
  answer(200, { 'content-type': 'application/json' }, toPollBody(service.since(basisOf(url))))

const workingFdv1: Behaviour = ({ version }) =>
  answer(
    200,
    { 'content-type': 'application/json' },
    JSON.stringify({ flags: { checkout: { key: 'checkout', version } }, segments: {} }),
  )

// Failures

export const refused: Behaviour = () => Promise.reject(new Error('connect ECONNREFUSED'))

/** Accepts the request and never answers. */
export const hanging: Behaviour = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

export function status(code: number, headers: HttpHeaders = {}): Behaviour {
  return () => answer(code, headers, '')
}

/** Returns a stream that sends this text and stays open without further bytes. */
export function sends(text: string): Behaviour {
  return (_, { signal }) => eventStream(withoutEnd(text, signal))
}

/** Returns a stream that sends this text and ends. */
export function sendsAndEnds(text: (service: Service, basis: string | null) => string): Behaviour {
  return (service, { url }) => eventStream(once(text(service, basisOf(url))))
}

/** A stream that sends an update without its end and is then reset. */
export const cutMidPayload: Behaviour = (service) =>
  eventStream(once(toEventStream(service.since('a-0').slice(0, -1)), new Error('connection reset')))

export const htmlPage: Behaviour = () =>
  answer(200, { 'content-type': 'text/html' }, '<!doctype html><title>Sign in</title>')

export const GOODBYE: string = toEventStream([goodbyeEvent('rebalancing')])

function eventStream(body: AsyncIterable<Uint8Array>): Promise<HttpResponse> {
  return Promise.resolve({ status: 200, headers: { 'content-type': 'text/event-stream' }, body })
}

function answer(code: number, headers: HttpHeaders, text: string): Promise<HttpResponse> {
  return Promise.resolve({ status: code, headers, body: once(text) })
}

async function* once(text: string, failure?: Error): AsyncGenerator<Uint8Array> {
  if (text !== '') yield Buffer.from(text)
  if (failure) throw failure
}

async function* withoutEnd(text: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (text !== '') yield Buffer.from(text)
  yield await new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function basisOf(url: string): string | null {
  return new URL(url).searchParams.get('basis')
}
