import type { IncomingHttpHeaders } from 'node:http'
import { callSafely } from '../../async/call-safely.ts'
import type { Undo } from '../../async/clock.ts'
import type { AnsweredRequest } from '../requests/request-counts.ts'
import type { Span, SpanContext, TraceApi, TraceContext, Tracer } from './trace-api.ts'

/** Values of `SpanKind` and `SpanStatusCode` in OpenTelemetry's API. */
const SERVER = 1
const ERROR = 2

/** The span of one request. */
export interface RequestSpan {
  /** Starts a span of its own for a part of the request. The returned function ends it. */
  begin(name: SpanName): Undo
  /** Ends the span of the request with its answer. */
  end(answered: AnsweredRequest): void
}

/** Names of parts of a request, as LaunchDarkly's Relay Proxy calls them. */
type SpanName = 'relay.flags.evaluate' | 'relay.response.write' | 'relay.events.dispatch'

/** The span of requests if nothing is traced. */
export const NO_SPAN: RequestSpan = { begin: () => () => {}, end() {} }

/** Creates the spans of requests. Exceptions of the tracer go to `onError` and affect no request. */
export class Tracing {
  readonly #api: TraceApi
  readonly #tracer: Tracer
  readonly #onError: (error: unknown) => void

  constructor(api: TraceApi, tracer: Tracer, onError: (error: unknown) => void) {
    this.#api = api
    this.#tracer = tracer
    this.#onError = onError
  }

  /** Starts the span of a request, as a child of the span in its header `traceparent`. */
  start(method: string, headers: IncomingHttpHeaders): RequestSpan {
    const span = callSafely(
      () => this.#tracer.startSpan(method, { kind: SERVER }, this.#contextOf(headers)),
      this.#onError,
    )
    return span ? this.#requestSpan(span) : NO_SPAN
  }

  #requestSpan(span: Span): RequestSpan {
    const attempt = (call: () => void): void => callSafely(call, this.#onError)
    return {
      begin: (name) => {
        const child = callSafely(() => {
          const parent = this.#api.trace.setSpan(this.#api.ROOT_CONTEXT, span)
          return this.#tracer.startSpan(name, {}, parent)
        }, this.#onError)
        return () => attempt(() => child?.end())
      },
      end: (answered) =>
        attempt(() => {
          if (span.isRecording()) describe(span, answered)
          span.end()
        }),
    }
  }

  #contextOf({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext {
    const { ROOT_CONTEXT, trace } = this.#api
    const remote = parseTraceparent(String(traceparent ?? ''))
    if (!remote) return ROOT_CONTEXT
    const state =
      tracestate === undefined ? {} : { traceState: this.#api.createTraceState(String(tracestate)) }
    return trace.setSpanContext(ROOT_CONTEXT, { ...remote, ...state, isRemote: true })
  }
}

/** Sets name and attributes after OpenTelemetry's conventions. The path is left out, because it may contain a context or a key. */
function describe(span: Span, { client, method, route, status }: AnsweredRequest): void {
  span.updateName(`${method} ${route}`)
  span.setAttributes({
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    ...(client && {
      'launchdarkly.environment.name': client.environment,
      'halyard.platform': client.audience,
      'user_agent.name': client.sdk.name,
      ...(client.sdk.version !== '' && { 'user_agent.version': client.sdk.version }),
    }),
  })
  if (status >= 500) span.setStatus({ code: ERROR })
}

/** Version, trace ID, parent ID and flags. A later version may append further fields. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** Parses a header of W3C Trace Context. Returns undefined if it is invalid. */
export function parseTraceparent(header: string): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined))
    return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & 1 }
}
