import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../async/clock.ts'
import { type Audience, STREAM_ROUTES } from '../addresses.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import type { RelayLog, RequestLine } from '../log.ts'
import { NO_SPAN, type RequestSpan, type Tracing } from '../telemetry/tracing.ts'
import type { AnsweredRequest, ClientCounts, RequestCounts } from './request-counts.ts'
import { sdkText } from './sdk-name.ts'

export interface ObserverOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly counts: RequestCounts
  readonly log: Pick<RelayLog, 'request'>
  /** Called once for each request, after it was counted. */
  readonly onAnswered: (request: AnsweredRequest) => void
  /** Absent if nothing is traced. */
  readonly tracing: Tracing | undefined
}

/** The status for metrics if the client left before the answer. HTTP has none; nginx and others use this one. */
const CLIENT_CLOSED_REQUEST = 499

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'REPORT', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * One request, measured for metrics, the request log and traces. What it passes on contains no context, key or query. It is created
 * for each request, so it costs little: see decision 45.
 */
export class ObservedRequest implements AnsweredRequest {
  readonly method: string
  /** The template of the path. */
  route = 'other'
  client: ClientCounts | undefined
  status = 0
  seconds = 0
  readonly span: RequestSpan
  readonly #options: ObserverOptions
  readonly #response: ServerResponse
  readonly #startedAt: number
  readonly #bytesBefore: number
  #environment: EnvironmentConfig | undefined

  /** Must be created at the beginning of a request, and {@link handled} be called when its handler has returned. */
  constructor(options: ObserverOptions, request: IncomingMessage, response: ServerResponse) {
    const { method = '' } = request
    this.#options = options
    this.#response = response
    this.method = METHODS.has(method) ? method : '_OTHER'
    this.#startedAt = options.clock.monotonic()
    this.#bytesBefore = request.socket.bytesWritten
    this.span = options.tracing?.start(this.method, request.headers) ?? NO_SPAN
    options.counts.active++
  }

  /** Called as soon as the credential of the request was accepted. */
  setClient(environment: EnvironmentConfig, audience: Audience): void {
    this.#environment = environment
    const { headers } = this.#response.req
    this.client = this.#options.counts.clientOf(environment.name, audience, headers)
  }

  /** Called when the answer was written, even if it was not sent yet, or when the stream has begun. */
  handled(): void {
    const response = this.#response
    const isSent = response.writableEnded && response.writableLength === 0
    if (isSent || response.closed) this.#answered()
    else if (STREAM_ROUTES.has(this.route) && response.headersSent && response.statusCode === 200)
      this.#streamBegan()
    else {
      const endWrite = this.span.begin('relay.response.write')
      response.on('close', () => {
        endWrite()
        this.#answered()
      })
    }
  }

  #answered(): void {
    this.#options.counts.active--
    this.#count()
    this.#log('answered')
  }

  /** Counts a stream when it begins, because its lifetime says nothing about the relay. */
  #streamBegan(): void {
    const { counts } = this.#options
    const { client } = this
    this.#count()
    this.#log('stream began')
    if (client) client.open++
    this.#response.on('close', () => {
      if (client) client.open--
      counts.active--
      this.#measure()
      this.#log('stream ended')
    })
  }

  #measure(): void {
    const { headersSent, statusCode } = this.#response
    this.status = headersSent ? statusCode : CLIENT_CLOSED_REQUEST
    this.seconds = (this.#options.clock.monotonic() - this.#startedAt) / 1_000
  }

  #count(): void {
    this.#measure()
    const { counts, onAnswered } = this.#options
    counts.add(this, this.client)
    onAnswered(this)
    this.span.end(this)
  }

  #log(event: RequestLine['event']): void {
    this.#options.log.request(() => this.#line(event), this.#environment)
  }

  #line(event: RequestLine['event']): RequestLine {
    const { method, route, status, seconds, client } = this
    const { socket } = this.#response.req
    return {
      event,
      method,
      route,
      status,
      durationMs: Math.round(seconds * 10_000) / 10,
      bytes: socket.bytesWritten - this.#bytesBefore,
      ...(client && { sdk: sdkText(client.sdk) }),
    }
  }
}
