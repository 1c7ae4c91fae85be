import type { Clock } from '../../src/async/clock.ts'
import { Queue } from '../../src/async/queue.ts'
import { encodeChangeSet, goodbyeEvent, toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../src/transport/transport.ts'
import type { Request, Scenario } from './scenario.ts'

type Chunk = Uint8Array | Error

const TARGET = { id: 'p', target: { state: 's1', version: 1 }, reason: 'herd' }
const FULL = encodeChangeSet({ type: 'full', changes: [] }, TARGET)
const NONE = encodeChangeSet({ type: 'none' }, TARGET)
const GOODBYE = encode(toEventStream([goodbyeEvent('restart')]))
const HEARTBEAT = encode(':\n')
const HEARTBEAT_MS = 60_000

/**
 * The service of all simulated clients, on virtual time. It answers in no time, so only the clients' jitter spreads their
 * requests.
 */
export class HerdOrigin implements Transport {
  /** Times of the requests after the fault, in milliseconds since the fault, in order. */
  readonly attempts: number[] = []
  readonly #clock: Clock
  readonly #scenario: Scenario
  readonly #open = new Set<Queue<Chunk>>()
  #faultAt = Infinity

  constructor(clock: Clock, scenario: Scenario) {
    this.#clock = clock
    this.#scenario = scenario
  }

  /** Number of open streams. */
  get streams(): number {
    return this.#open.size
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    const ageMs = this.#clock.monotonic() - this.#faultAt
    if (ageMs >= 0) this.attempts.push(ageMs)
    const { pathname, searchParams } = new URL(request.url)
    const kind: Request['kind'] = pathname === '/sdk/stream' ? 'stream' : 'poll'
    const reply = ageMs < 0 ? 'well' : this.#scenario.reply({ kind, ageMs })
    if (reply === 'refused') return Promise.reject(new Error('connection refused'))
    if (reply !== 'well') return Promise.resolve(refusal(reply.status, reply.retryAfterSeconds))
    const events = searchParams.has('basis') ? NONE : FULL
    if (kind === 'poll') return Promise.resolve(respond('application/json', once(toPollBody(events))))
    return Promise.resolve(respond('text/event-stream', this.#stream(toEventStream(events), request.signal)))
  }

  /** Sends a goodbye on every stream, or cuts it. */
  fail(): void {
    this.#faultAt = this.#clock.monotonic()
    const last = this.#scenario.streamsEnd === 'goodbye' ? GOODBYE : new Error('connection reset')
    for (const connection of this.#open) {
      connection.push(last)
      connection.close()
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async *#stream(greeting: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const chunks = new Queue<Chunk>()
    const cut = (): void => chunks.close()
    let disarm = (): void => {}
    const beat = (): void => {
      chunks.push(HEARTBEAT)
      disarm = this.#clock.after(HEARTBEAT_MS, beat)
    }
    disarm = this.#clock.after(HEARTBEAT_MS, beat)
    signal.addEventListener('abort', cut)
    this.#open.add(chunks)
    try {
      yield encode(greeting)
      for await (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk
        yield chunk
      }
    } finally {
      disarm()
      signal.removeEventListener('abort', cut)
      this.#open.delete(chunks)
    }
  }
}

function respond(type: string, body: AsyncIterable<Uint8Array>): HttpResponse {
  return { status: 200, headers: { 'content-type': type }, body }
}

function refusal(status: number, retryAfterSeconds: number | undefined): HttpResponse {
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
  return { status, headers, body: once('') }
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield encode(text)
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
