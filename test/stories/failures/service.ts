import type { Clock } from '../../../src/async/clock.ts'
import { Queue } from '../../../src/async/queue.ts'
import type { Change } from '../../../src/model/change-set.ts'
import { encodeChangeSet, goodbyeEvent, toEventStream, toPollBody } from '../../../src/protocol/encoder.ts'
import { PATHS, type WireEvent } from '../../../src/protocol/events.ts'
import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from '../../../src/transport/transport.ts'

/** What is done with one request. */
export type Behaviour = (service: Service, request: HttpRequest) => Promise<HttpResponse>

/** A service on virtual time that holds one flag, `checkout`, and ails as it is told. It answers in no time. */
export class Service implements Transport {
  stream: Behaviour = wellStream
  poll: Behaviour = wellPoll
  fdv1: Behaviour = wellFdv1
  readonly clock: Clock
  /** Of the flag. */
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

  /** The flag changes; whoever follows is told. */
  update(): void {
    this.version++
    this.say(toEventStream(this.since(this.#state(this.version - 1))))
  }

  /** The history is lost: no basis given until now means anything. */
  forget(): void {
    this.#epoch += 'a'
  }

  say(text: string): void {
    for (const connection of this.#open) connection.push(Buffer.from(text))
  }

  /** Resets every open stream. */
  cut(): void {
    for (const connection of this.#open) connection.push(new Error('connection reset'))
    this.#open.clear()
  }

  /** Ends every open stream in good order. */
  end(): void {
    for (const connection of this.#open) connection.close()
    this.#open.clear()
  }

  /** Every open stream stays open and is never spoken to again. */
  lose(): void {
    this.#open.clear()
  }

  /** What a client at this basis is told. */
  since(basis: string | null): WireEvent[] {
    const target = { state: this.#state(this.version), version: this.version }
    const info = { id: 'p', target, reason: 'test' }
    if (basis === target.state) return encodeChangeSet({ type: 'none' }, info)
    const changes = [this.#flag()]
    const known = basis?.startsWith(`${this.#epoch}-`) ?? false
    return encodeChangeSet({ type: known ? 'partial' : 'full', changes }, info)
  }

  /** The bytes of one open stream, from now until it is ended, cut, or left. */
  async *connection(greeting: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const chunks = new Queue<Uint8Array | Error>()
    const left = (): void => chunks.close()
    signal.addEventListener('abort', left)
    this.#open.add(chunks)
    try {
      if (greeting !== '') yield Buffer.from(greeting)
      for await (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk
        yield chunk
      }
    } finally {
      signal.removeEventListener('abort', left)
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

// As it should be

export const wellStream: Behaviour = (service, { url, signal }) =>
  eventStream(service.connection(toEventStream(service.since(basisOf(url))), signal))

export const wellPoll: Behaviour = (service, { url }) =>
  answer(200, { 'content-type': 'application/json' }, toPollBody(service.since(basisOf(url))))

const wellFdv1: Behaviour = ({ version }) =>
  answer(
    200,
    { 'content-type': 'application/json' },
    JSON.stringify({ flags: { checkout: { key: 'checkout', version } }, segments: {} }),
  )

// As it should not be

export const refused: Behaviour = () => Promise.reject(new Error('connect ECONNREFUSED'))

/** Takes the request and never answers. */
export const hanging: Behaviour = (_, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

export function status(code: number, headers: HttpHeaders = {}): Behaviour {
  return () => answer(code, headers, '')
}

/** A stream that opens, says this, and then nothing. */
export function saying(text: string): Behaviour {
  return (_, { signal }) => eventStream(thenNothing(text, signal))
}

/** A stream that opens, says this, and is closed at once. */
export function saysAndEnds(text: (service: Service, basis: string | null) => string): Behaviour {
  return (service, { url }) => eventStream(once(text(service, basisOf(url))))
}

/** An update without its end, then a reset. */
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

async function* thenNothing(text: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (text !== '') yield Buffer.from(text)
  yield await new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function basisOf(url: string): string | null {
  return new URL(url).searchParams.get('basis')
}
