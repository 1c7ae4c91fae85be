import { type Clock, systemClock } from '../async/clock.ts'
import { refuseUnknownNames } from '../model/near-miss.ts'
import { PATHS } from '../protocol/events.ts'
import { FDV1_PATHS } from '../protocol/fdv1.ts'
import { Fdv1Service } from './fdv1-service.ts'
import { Fdv2Service } from './fdv2-service.ts'
import { ScriptedPath } from './scripted-path.ts'
import { TestData, type TestDataOptions } from './test-data.ts'

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
