import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import type { Sink } from '../model/sink.ts'
import { PATHS } from '../protocol/events.ts'
import { authorized } from './authorize.ts'
import type { HistoryLimits } from './history.ts'
import { respondToPoll } from './poll.ts'
import { Publication } from './publication.ts'
import { serveStream } from './stream.ts'

export interface FlagServerOptions {
  readonly clock: Clock
  /** The key clients must present; without one everybody is served. */
  readonly sdkKey?: string
  /** How often an idle stream shows a sign of life. Default 30,000. */
  readonly heartbeatMs?: number
  /** How far back a client may resume. */
  readonly history?: HistoryLimits
  /** Hears of a request that failed for a reason of ours. */
  readonly onError: (error: unknown) => void
}

/** Serves one environment over FDv2; told of data through {@link Sink.accept}. */
export interface FlagServer extends Sink {
  /** For `http.createServer`, or for the routes `/sdk/poll` and `/sdk/stream` of something larger. */
  readonly handler: RequestListener
  /** Streams open at the moment. */
  readonly clients: number
  /** Says goodbye on every stream, resolves when all have ended. Further requests are answered 503. */
  close(): Promise<void>
}

/** An FDv2 service on `node:http` types. Answers 503 until the first data is accepted. */
export function createFlagServer(options: FlagServerOptions): FlagServer {
  const { clock, sdkKey, heartbeatMs = 30_000, history, onError } = options
  const publication = new Publication({ onError, ...(history && { history }) })
  const closing = new AbortController()
  const streams = new Set<Promise<void>>()

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '', 'http://localhost')
    if (url?.pathname !== PATHS.poll && url?.pathname !== PATHS.stream) return refuse(response, 404)
    if (request.method !== 'GET') return refuse(response, 405, { allow: 'GET' })
    if (!authorized(sdkKey, request.headers.authorization)) return refuse(response, 401)
    const answer = closing.signal.aborted
      ? undefined
      : publication.answer(url.searchParams.get('basis') ?? undefined)
    if (!answer) return refuse(response, 503, { 'retry-after': '1' })
    if (url.pathname === PATHS.poll) return respondToPoll(answer, request, response)
    const stream = serveStream(answer, {
      publication,
      response,
      clock,
      heartbeatMs,
      closing: closing.signal,
    })
    streams.add(stream)
    await stream
    streams.delete(stream)
  }

  return {
    handler(request, response) {
      route(request, response).catch((error: unknown) => {
        onError(error)
        response.destroy()
      })
    },
    accept: (applied) => publication.accept(applied),
    get clients() {
      return streams.size
    },
    async close() {
      closing.abort()
      await Promise.all(streams)
    },
  }
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-length': 0, ...headers }).end()
}
