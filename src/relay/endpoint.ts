import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import type { HttpAnswer } from '../server/event-stream.ts'
import type { RequestTarget } from '../server/request-target.ts'
import type { RelayConfig } from './config/relay-config.ts'
import type { FlagsReader } from './flags/flags-reader.ts'
import type { RequestsView } from './requests/request-counts.ts'
import type { RelayState } from './status/relay-state.ts'
import type { RelayView } from './view.ts'

export interface EndpointContext {
  readonly config: () => RelayConfig
  readonly view: () => RelayView
  readonly requests: () => RequestsView
  /** Returns access to the flags of the environment with a name; `undefined` if there is none. */
  readonly flagsOf: (environment: string) => FlagsReader | undefined
  /** Calls back when data, a source or a database has changed, but not when clients connect or leave. */
  readonly onChange: (call: () => void) => Undo
  readonly clock: Clock
  /** Aborts when the relay is asked to stop. It continues to serve until `closing` aborts. */
  readonly draining: AbortSignal
  /** Aborts when the relay stops serving. */
  readonly closing: AbortSignal
  readonly onError: (error: unknown) => void
}

export type DocumentEndpoint = (
  target: RequestTarget,
  state: () => RelayState,
  draining: AbortSignal,
) => HttpAnswer

/** Returns as soon as the stream has begun. */
export type EventEndpoint = (response: ServerResponse) => void

/** A request for data that takes time to prepare. */
export interface DataRequest {
  readonly target: RequestTarget
  readonly request: IncomingMessage
  /** Aborts when the client has left. The endpoint may then reject. */
  readonly gone: AbortSignal
}

export type DataEndpoint = (request: DataRequest) => Promise<HttpAnswer>

/** `access`: `login` if the endpoint requires the login of operators, if one is configured. */
export type OperatorEndpoint = { readonly access: 'open' | 'login' } & (
  | { readonly type: 'document'; readonly answer: DocumentEndpoint }
  | { readonly type: 'stream'; readonly serve: EventEndpoint }
  | { readonly type: 'data'; readonly method: 'GET' | 'POST'; readonly answer: DataEndpoint }
)

export function textAnswer(type: string, text: string): HttpAnswer {
  return answerOf(200, type, text)
}

export function jsonAnswer(status: number, body: object): HttpAnswer {
  return answerOf(status, 'application/json', JSON.stringify(body))
}

function answerOf(status: number, type: string, text: string): HttpAnswer {
  const bytes = Buffer.from(text)
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-length': bytes.length,
  }
  return { status, headers, bytes }
}
