import { type Clock, systemClock } from '../async/clock.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { PATHS } from '../protocol/events.ts'
import { FDV1_PATHS } from '../protocol/fdv1.ts'
import { type Failure, fail, type Interruption } from './failure.ts'
import { Fdv1Service } from './fdv1-service.ts'
import { Fdv2Service } from './fdv2-service.ts'
import type { Outgoing } from './outgoing.ts'
import { interrupt, respond } from './respond.ts'
import { TestData, type TestDataOptions } from './test-data.ts'
import type { Responder } from './voice.ts'

export interface ScriptedOriginOptions extends TestDataOptions {
  /** Where the origin is. Default `http://flags.test`. */
  readonly url?: string
  /** What it serves. Default: new test data of `flags` and `segments`. */
  readonly data?: TestData
  /** For `fail.slow`. Default: the system's. */
  readonly clock?: Clock
}

/** A service of flags whose data and whose failures a test writes. */
export interface ScriptedOrigin {
  readonly url: string
  /** For the options of a data system. */
  readonly endpoints: { readonly polling: string; readonly streaming: string }
  /** What is served; change it, and open streams are told. */
  readonly data: TestData
  /** FDv2, `/sdk/poll`. */
  readonly poll: ScriptedPath
  /** FDv2, `/sdk/stream`. */
  readonly stream: ScriptedPath
  /** FDv1, `/sdk/latest-all`. */
  readonly fdv1Poll: ScriptedPath
  /** FDv1, `/all`. */
  readonly fdv1Stream: ScriptedPath
  /** Where the data stands: the basis of a client that has it all. */
  readonly state: string
  /** Drops the history of the data, so that a client of before is sent everything. */
  forget(): void
  /** Answers a request; 404 for any other path. With msw: `http.all(url + '/*', ({ request }) => respond(request))`. */
  readonly respond: (request: Request) => Promise<Response>
}

/** A service that speaks FDv2 and FDv1 in requests and responses of the fetch API; it opens no socket. */
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
  const paths: ReadonlyMap<string, ScriptedPath> = new Map([
    [PATHS.poll, poll],
    [PATHS.stream, stream],
    [FDV1_PATHS.poll, fdv1Poll],
    [FDV1_PATHS.stream, fdv1Stream],
  ])
  return {
    url,
    endpoints: { polling: url, streaming: url },
    data,
    poll,
    stream,
    fdv1Poll,
    fdv1Stream,
    get state() {
      return fdv2.state
    },
    forget: () => fdv2.forget(),
    async respond(request) {
      const path = new URL(request.url).pathname
      const scripted = path.startsWith(base) ? paths.get(path.slice(base.length)) : undefined
      return scripted ? scripted.respond(request) : new Response(null, { status: 404 })
    },
  }
}

/** A request as the origin saw it. */
export interface ScriptedRequest {
  readonly url: URL
  /** The state the client says it has; undefined when it has nothing to resume from. */
  readonly basis: string | undefined
  readonly headers: Headers
}

/** One path of a scripted origin: what it was asked, and how it answers. */
export class ScriptedPath {
  readonly #voice: Responder
  readonly #clock: Clock
  readonly #requests: ScriptedRequest[] = []
  readonly #following = new Set<Outgoing>()
  #script: Failure[] = []
  #standing: Failure = fail.not()

  constructor(voice: Responder, clock: Clock) {
    this.#voice = voice
    this.#clock = clock
  }

  /** Every request there was, failed ones included. */
  get requests(): readonly ScriptedRequest[] {
    return this.#requests
  }

  /** Streams open at the moment; 0 on a path of polls. */
  get open(): number {
    return this.#following.size
  }

  /** What happens to the next requests, one each, after what was scripted before. */
  next(...failures: readonly Failure[]): this {
    this.#script.push(...failures)
    return this
  }

  /** What happens to each request for which nothing else is scripted. Streams that are open stay as they are. */
  always(failure: Failure): this {
    this.#standing = failure
    return this
  }

  /** Forgets the script: from now on each request is answered as it should be. */
  heal(): this {
    this.#script = []
    this.#standing = fail.not()
    return this
  }

  /**
   * What happens to the streams that are open: by default they break at once. `fail.cutAt(n)` breaks them after the
   * first `n` bytes of a full payload, `fail.goodbye()` ends them, `fail.hang()` leaves them open and silent.
   */
  interrupt(failure: Interruption = fail.cutAt(0)): this {
    for (const outgoing of this.#following) interrupt(outgoing, this.#voice, failure)
    return this
  }

  /** Answers one request; for the origin. */
  respond(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const basis = url.searchParams.get('basis') ?? undefined
    this.#requests.push({ url, basis, headers: request.headers })
    return respond(this.#script.shift() ?? this.#standing, {
      voice: this.#voice,
      basis,
      left: request.signal,
      clock: this.#clock,
      onFollowing: (outgoing) => {
        this.#following.add(outgoing)
        outgoing.whenOver(() => this.#following.delete(outgoing))
      },
    })
  }
}
