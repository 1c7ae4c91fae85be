import { type Clock, systemClock } from '../async/clock.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { PATHS } from '../protocol/events.ts'
import { FDV1_PATHS } from '../protocol/fdv1.ts'
import { type EventSink, MemoryEventSink } from './event-sink.ts'
import { type Failure, fail, type Interruption } from './failure.ts'
import { Fdv1Service } from './fdv1-service.ts'
import { Fdv2Service } from './fdv2-service.ts'
import type { Outgoing } from './outgoing.ts'
import { interrupt, respond } from './respond.ts'
import type { Responder } from './responder.ts'
import { TestBigSegments } from './test-big-segments.ts'
import { TestData, type TestDataOptions } from './test-data.ts'

/** Options of a scripted origin. */
export interface ScriptedOriginOptions extends TestDataOptions {
  /** The URL of the origin. Default `http://flags.test`. */
  readonly url?: string
  /** The data that it serves. Default: new test data of `flags` and `segments`. */
  readonly data?: TestData
  /** The clock for the delays of `fail.slow`. Default: real time. */
  readonly clock?: Clock
}

/** A flag service whose data and failures a test controls. */
export interface ScriptedOrigin {
  /** The URL of the origin, without a slash at the end. */
  readonly url: string
  /** The endpoints for the options of a client or a data system. */
  readonly endpoints: { readonly polling: string; readonly streaming: string; readonly events: string }
  /** The data that is served. Open streams send its changes. */
  readonly data: TestData
  /** The FDv2 polling path, `/sdk/poll`. */
  readonly poll: ScriptedPath
  /** The FDv2 streaming path, `/sdk/stream`. */
  readonly stream: ScriptedPath
  /** The FDv1 polling path, `/sdk/latest-all`. */
  readonly fdv1Poll: ScriptedPath
  /** The FDv1 streaming path, `/all`. */
  readonly fdv1Stream: ScriptedPath
  /** The members of big segments, which relays write to a database. */
  readonly bigSegments: TestBigSegments
  /** The path with the patches of big segments after a version, `/sdk/big-segments/revisions`. */
  readonly bigSegmentPoll: ScriptedPath
  /** The path with later patches of big segments, `/big-segments`. */
  readonly bigSegmentStream: ScriptedPath
  /** The analytics events that it has received at `/bulk` and `/diagnostic`. */
  readonly events: EventSink
  /** The current state of the data: the basis that an up-to-date client sends. */
  readonly state: string
  /** Drops the history of the data, so that clients with an earlier basis receive a full payload. */
  forget(): void
  /**
   * Answers a request; with 404 if the path is unknown.
   *
   * @example
   * ```ts
   * http.all(`${origin.url}/*`, ({ request }) => origin.respond(request)) // a handler of msw
   * ```
   */
  readonly respond: (request: Request) => Promise<Response>
}

/**
 * Creates a flag service for FDv2, FDv1 and big segments that answers requests of the fetch API and keeps analytics events. It opens no socket.
 *
 * @example
 * ```ts
 * const origin = scriptedOrigin({ flags: [{ key: 'a' }] })
 * origin.stream.next(fail.status(503))
 * ```
 */
export function scriptedOrigin(options: ScriptedOriginOptions = {}): ScriptedOrigin {
  refuseUnknownNames('scriptedOrigin', options, ['url', 'data', 'clock', 'flags', 'segments'])
  const { flags = [], segments = [], clock = systemClock } = options
  const { data = new TestData({ flags, segments }) } = options
  const url = (options.url ?? 'http://flags.test').replace(/\/+$/, '')
  const base = new URL(url).pathname.replace(/\/$/, '')
  const fdv2 = new Fdv2Service(data)
  const fdv1 = new Fdv1Service(data)
  const poll = new ScriptedPath(fdv2.poll, clock)
  const stream = new ScriptedPath(fdv2.stream, clock)
  const fdv1Poll = new ScriptedPath(fdv1.poll, clock)
  const fdv1Stream = new ScriptedPath(fdv1.stream, clock)
  const bigSegments = new TestBigSegments()
  const bigSegmentPoll = new ScriptedPath(bigSegments.poll, clock, 'after')
  const bigSegmentStream = new ScriptedPath(bigSegments.stream, clock)
  const paths: ReadonlyMap<string, ScriptedPath> = new Map([
    [PATHS.poll, poll],
    [PATHS.stream, stream],
    [FDV1_PATHS.poll, fdv1Poll],
    [FDV1_PATHS.stream, fdv1Stream],
    ['/sdk/big-segments/revisions', bigSegmentPoll],
    ['/big-segments', bigSegmentStream],
  ])
  const events = new MemoryEventSink()
  return {
    url,
    endpoints: { polling: url, streaming: url, events: url },
    data,
    events,
    poll,
    stream,
    fdv1Poll,
    fdv1Stream,
    bigSegments,
    bigSegmentPoll,
    bigSegmentStream,
    get state() {
      return fdv2.state
    },
    forget: () => fdv2.forget(),
    async respond(request) {
      const { pathname } = new URL(request.url)
      const path = pathname.startsWith(base) ? pathname.slice(base.length) : ''
      const scripted = paths.get(path)
      return scripted ? scripted.respond(request) : receiveEvents(events, path, request)
    },
  }
}

async function receiveEvents(sink: MemoryEventSink, path: string, request: Request): Promise<Response> {
  const { method, headers, body } = request
  const encoding = headers.get('content-encoding') ?? undefined
  const { status, text } = await sink.receive({ method, path, encoding, body: body ?? nothing() })
  return new Response(text, { status })
}

async function* nothing(): AsyncGenerator<never> {}

/** A request as the origin saw it. */
export interface ScriptedRequest {
  /** The URL with its query. */
  readonly url: URL
  /** The state, or the version of big segments, that the client has; `undefined` if it asks for all data. */
  readonly basis: string | undefined
  /** The headers of the request. */
  readonly headers: Headers
}

/** One path of a scripted origin: its requests, and the script of its failures. */
export class ScriptedPath {
  readonly #responder: Responder
  readonly #clock: Clock
  readonly #basisParameter: 'basis' | 'after'
  readonly #requests: ScriptedRequest[] = []
  readonly #following = new Set<Outgoing>()
  #script: Failure[] = []
  #otherwise: Failure = fail.not()

  /** @internal */
  constructor(responder: Responder, clock: Clock, basisParameter: 'basis' | 'after' = 'basis') {
    this.#responder = responder
    this.#clock = clock
    this.#basisParameter = basisParameter
  }

  /** All requests in their order, failed ones included. */
  get requests(): readonly ScriptedRequest[] {
    return this.#requests
  }

  /** The number of open streams. Always 0 for a polling path. */
  get open(): number {
    return this.#following.size
  }

  /** Adds failures to the end of the script. Each applies to one request. */
  next(...failures: readonly Failure[]): this {
    this.#script.push(...failures)
    return this
  }

  /** Sets the failure of all requests after the end of the script. Does not affect open streams. */
  always(failure: Failure): this {
    this.#otherwise = failure
    return this
  }

  /** Removes the script and the failure of {@link ScriptedPath.always}, so that all requests are answered correctly. */
  heal(): this {
    this.#script = []
    this.#otherwise = fail.not()
    return this
  }

  /**
   * Applies a failure to all open streams. The default, `fail.cutAt(0)`, breaks them at once; `fail.cutAt(n)` breaks them
   * after `n` bytes of a full payload, `fail.goodbye()` ends them, and `fail.hang()` leaves them open and silent.
   */
  interrupt(failure: Interruption = fail.cutAt(0)): this {
    for (const outgoing of this.#following) interrupt(outgoing, this.#responder, failure)
    return this
  }

  /** Answers one request, with the next failure of the script. The origin calls it. */
  respond(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const basis = url.searchParams.get(this.#basisParameter) ?? undefined
    this.#requests.push({ url, basis, headers: request.headers })
    return respond(this.#script.shift() ?? this.#otherwise, {
      responder: this.#responder,
      basis,
      client: request.signal,
      clock: this.#clock,
      onFollowing: (outgoing) => {
        this.#following.add(outgoing)
        outgoing.onEnd(() => this.#following.delete(outgoing))
      },
    })
  }
}
