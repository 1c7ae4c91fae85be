// The parts of `@opentelemetry/api` that the relay uses for traces. They are declared here so that programs without
// OpenTelemetry need not install its types.

export interface TraceApi {
  readonly trace: {
    getTracer(name: string, version?: string): Tracer
    setSpan(context: TraceContext, span: Span): TraceContext
    setSpanContext(context: TraceContext, spanContext: SpanContext): TraceContext
  }
  readonly ROOT_CONTEXT: TraceContext
  createTraceState(text: string): TraceState
}

export interface Tracer {
  startSpan(name: string, options?: { kind?: number }, context?: TraceContext): Span
}

export interface Span {
  spanContext(): SpanContext
  isRecording(): boolean
  updateName(name: string): unknown
  setAttributes(attributes: Record<string, string | number>): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean
  readonly traceState?: TraceState
}

/** A context of OpenTelemetry, which the relay only passes back to it. */
export type TraceContext = object

type TraceState = object
