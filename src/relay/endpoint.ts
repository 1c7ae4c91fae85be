import type { ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import type { HttpAnswer } from '../server/event-stream.ts'
import type { RequestTarget } from '../server/request-target.ts'
import type { RelayConfig } from './config/relay-config.ts'
import type { RelayState } from './status/relay-state.ts'
import type { RelayView } from './view.ts'

/** What surfaces may know of the relay they tell of. */
export interface EndpointContext {
  readonly config: () => RelayConfig
  readonly view: () => RelayView
  /** Calls back, without saying what, whenever data, a source or a database changed; not for every client that comes or goes. */
  readonly onChange: (call: () => void) => Undo
  readonly clock: Clock
  /** Aborts when the relay is told to stop; until `closing` aborts it goes on serving. */
  readonly draining: AbortSignal
  /** Aborts when the relay stops serving. */
  readonly closing: AbortSignal
  /** Receives errors that are faults of the relay. */
  readonly onError: (error: unknown) => void
}

/** Returns the answer of an address for operators, which is asked by GET without a key. */
export type DocumentEndpoint = (
  target: RequestTarget,
  state: () => RelayState,
  leaving: AbortSignal,
) => HttpAnswer

/** Writes events until the client or the relay ends the stream. */
export type EventEndpoint = (response: ServerResponse) => Promise<void>

/** An address for operators. */
export type OperatorEndpoint =
  | { readonly type: 'document'; readonly answer: DocumentEndpoint }
  | { readonly type: 'stream'; readonly serve: EventEndpoint }

/** Returns an answer that no cache may keep. */
export function textAnswer(type: string, text: string): HttpAnswer {
  return answerOf(200, type, text)
}

/** Returns an answer of JSON that no cache may keep. */
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
