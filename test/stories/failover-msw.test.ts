import { setTimeout } from 'node:timers/promises'
import { HttpRequestInterceptor } from '@mswjs/interceptors/http'
import { HttpResponse, http } from 'msw'
import { defineNetwork, InterceptorSource } from 'msw/experimental'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Timings } from '../../src/datasystem/timings.ts'
import { toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import { type Engine, SHORT, startEngine } from '../support/engine.ts'
import { delta, full, none, put } from '../support/origin.ts'

/**
 * The failover of the default preset, the service played by msw. npm's undici is only seen through the catch-all
 * interceptor (`setupServer` would not see it), and a streaming mock must say `transfer-encoding: chunked`.
 *
 *     stream     fails ......................... well again
 *     active     polling initializer | polling     | streaming
 *     checkout   1                     2 (a poll)    3 (an event)
 */

const network = defineNetwork({
  sources: [new InterceptorSource({ interceptors: [new HttpRequestInterceptor()] })],
  handlers: [],
  onUnhandledFrame: 'error',
  context: { quiet: true },
})

beforeAll(() => network.enable())
afterEach(() => network.resetHandlers())
afterAll(() => network.disable())

/** Makes a rule that must not be the one that acts too slow to act. */
const TOO_LATE = 20_000

const ORIGIN = 'http://flags.test'

/** The service: what it holds, and how its stream behaves. */
class Service {
  /** How the stream answers; `well` until told otherwise. */
  stream: 'well' | 'unavailable' | 'cut' | 'mute' = 'well'
  readonly polls: (string | null)[] = []
  readonly connects: (string | null)[] = []
  readonly #versions: number[] = [1]
  #open: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor() {
    network.use(
      http.get(`${ORIGIN}/sdk/poll`, ({ request }) => this.#poll(request)),
      http.get(`${ORIGIN}/sdk/stream`, ({ request }) => this.#connect(request)),
    )
  }

  /** The flag gets its next version; whoever follows the stream is told. */
  update(): void {
    this.#versions.push(this.#versions.length + 1)
    this.#open?.enqueue(encode(this.#since(String(this.#versions.length - 1))))
  }

  /** Cuts the open stream in the midst of an update. */
  cutMidPayload(): void {
    this.stream = 'cut'
    this.#open?.enqueue(encode(this.#since(null).slice(0, -1)))
    this.#open?.error(new Error('cut'))
    this.#open = undefined
  }

  #poll({ url }: Request): Response {
    const basis = new URL(url).searchParams.get('basis')
    this.polls.push(basis)
    return new HttpResponse(toPollBody(this.#since(basis)), {
      headers: { 'content-type': 'application/json' },
    })
  }

  #connect({ url, signal }: Request): Response | Promise<Response> {
    const basis = new URL(url).searchParams.get('basis')
    this.connects.push(basis)
    switch (this.stream) {
      case 'unavailable':
        return new HttpResponse(null, { status: 503 })
      case 'mute':
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(HttpResponse.error())))
      case 'cut':
        return eventStream((open) => {
          open.enqueue(encode(this.#since(null).slice(0, -1)))
          globalThis.setTimeout(() => open.error(new Error('cut')), 5)
        })
      case 'well':
        return eventStream((open) => {
          this.#open = open
          open.enqueue(encode(this.#since(basis)))
        })
      default:
        return this.stream satisfies never
    }
  }

  #since(basis: string | null): WireEvent[] {
    const version = this.#versions.length
    const state = String(version)
    if (basis === state) return none(state)
    return basis === null
      ? full(state, put('checkout', version), put('kept', 1))
      : delta(state, put('checkout', version))
  }
}

function encode(events: readonly WireEvent[]): Uint8Array {
  return new TextEncoder().encode(toEventStream(events))
}

function eventStream(start: (open: ReadableStreamDefaultController<Uint8Array>) => void): Response {
  return new HttpResponse(new ReadableStream({ start }), {
    headers: { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' },
  })
}

function start(service: Service, timings: Partial<Timings>): Engine {
  const engine = startEngine({ endpoints: { polling: ORIGIN, streaming: ORIGIN }, timings })
  onTestFinished(() => expect(service.connects).not.toContain(null))
  return engine
}

/** Looks at what is served in every turn of the event loop; says how often something was missing. */
function witness({ system }: Engine): () => { readonly looked: number; readonly missing: number } {
  let looked = 0
  let missing = 0
  let watching = true
  const look = (): void => {
    looked++
    if (!system.flag('checkout') || !system.flag('kept') || !system.initialized) missing++
    if (watching) setImmediate(look)
  }
  look()
  return () => {
    watching = false
    return { looked, missing }
  }
}

/** From the first data on: polls take over, and the stream takes back over once it is well. */
async function fallsBackAndRecovers(service: Service, engine: Engine): Promise<void> {
  const { system } = engine
  const verdict = witness(engine)

  await engine.follows('polling')
  service.update()
  await engine.serves('checkout', 2)
  expect(system.status.current).toMatchObject({ state: 'valid', source: 'polling' })
  expect(service.polls.at(-1)).toBe('1')

  service.stream = 'well'
  await engine.follows('streaming')
  const pollsSoFar = service.polls.length
  service.update()
  await engine.serves('checkout', 3)
  expect(system.status.current).toMatchObject({ state: 'valid', source: 'streaming' })
  expect(service.connects.at(-1)).toBe('2')
  // One writer at any moment: the polls have ended, but for one that may have been on its way.
  await setTimeout(3 * SHORT.pollIntervalMs)
  expect(service.polls.length).toBeLessThanOrEqual(pollsSoFar + 1)

  const { looked, missing } = verdict()
  expect(looked).toBeGreaterThan(10)
  expect(missing).toBe(0)
  expect(system.availability).toBe('refreshed')
}

describe('the default preset, while the stream fails', () => {
  it('(D4, D5) serves from polling when the stream answers 503, and goes back to it', async () => {
    const service = new Service()
    service.stream = 'unavailable'
    const engine = start(service, { firstDataMs: TOO_LATE, interruptedMs: TOO_LATE })
    await engine.system.waitForInitialization()

    await fallsBackAndRecovers(service, engine)

    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'interrupted streaming',
      'interrupted polling',
      'valid polling',
      'valid streaming',
    ])
    expect(engine.system.status.current.lastError).toMatchObject({
      kind: 'error_response',
      status: 503,
      source: 'streaming',
    })
  })

  it('(D4, D5, D13) serves from polling when the stream is cut in the midst of a payload, each time it is opened', async () => {
    const service = new Service()
    service.stream = 'cut'
    const engine = start(service, { noProgressMs: TOO_LATE, interruptedMs: TOO_LATE })
    await engine.system.waitForInitialization()

    await fallsBackAndRecovers(service, engine)

    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'interrupted streaming',
      'interrupted polling',
      'valid polling',
      'valid streaming',
    ])
    expect(engine.system.status.current.lastError).toMatchObject({
      kind: 'network_error',
      source: 'streaming',
    })
  })

  it('(D4, D5, D13) serves from polling when a stream that was well is cut in the midst of a payload', async () => {
    const service = new Service()
    const engine = start(service, { noProgressMs: TOO_LATE, firstDataMs: TOO_LATE })
    await engine.follows('streaming')

    service.cutMidPayload()
    await fallsBackAndRecovers(service, engine)

    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'valid streaming',
      'interrupted streaming',
      'interrupted polling',
      'valid polling',
      'valid streaming',
    ])
  })

  it('(D4, D5) serves from polling when the stream never answers, and goes back to it', async () => {
    const service = new Service()
    service.stream = 'mute'
    const engine = start(service, { firstDataMs: TOO_LATE, interruptedMs: TOO_LATE })
    await engine.system.waitForInitialization()

    await fallsBackAndRecovers(service, engine)

    // Nothing was interrupted: what was valid stayed so until polling spoke (D3).
    expect(engine.transitions).toEqual([
      'initializing polling initializer',
      'valid polling initializer',
      'valid polling',
      'valid streaming',
    ])
    expect(engine.system.status.current.lastError).toBeUndefined()
  })
})
