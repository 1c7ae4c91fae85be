import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../async/clock.ts'
import { type Audience, STREAM_ROUTES } from '../addresses.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import type { RelayLog, RequestLine } from '../log.ts'
import { NO_SPAN, type RequestSpan, type Tracing } from '../telemetry/tracing.ts'
import type { AnsweredRequest, RequestClient, RequestCounts } from './request-counts.ts'
import { SdkNames, sdkText } from './sdk-name.ts'

export interface RequestObserverOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly counts: RequestCounts
  readonly log: Pick<RelayLog, 'request'>
  /** Called once for each request, after it was counted. */
  readonly onAnswered: (request: AnsweredRequest) => void
  /** Absent if nothing is traced. */
  readonly tracing: Tracing | undefined
}

/** Measures requests for metrics and the request log. What it passes on contains no context, key or query of a request. */
export class RequestObserver {
  readonly #options: RequestObserverOptions
  readonly #sdks = new SdkNames()
  /** Requests whose handler has not returned yet. */
  readonly #handled = new Map<ServerResponse, ObservedRequest>()

  constructor(options: RequestObserverOptions) {
    this.#options = options
  }

  /** Must be called at the beginning of each request, and {@link end} when its handler has returned. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    this.#handled.set(response, new ObservedRequest(this.#options, request, response))
  }

  /** Called as soon as the route of a request is known: the template of its path. */
  setRoute(response: ServerResponse, route: string): void {
    this.#handled.get(response)?.setRoute(route)
  }

  /** Called as soon as the credential of a request was accepted. */
  setClient(response: ServerResponse, environment: EnvironmentConfig, audience: Audience): void {
    const sdk = this.#sdks.of(response.req.headers, audience)
    this.#handled.get(response)?.setClient(environment, { environment: environment.name, audience, sdk })
  }

  /** Returns the span of a request that is being handled. */
  spanOf(response: ServerResponse): RequestSpan {
    return this.#handled.get(response)?.span ?? NO_SPAN
  }

  /** Called when the answer was written, even if it was not sent yet, or when the stream has begun. */
  end(response: ServerResponse): void {
    this.#handled.get(response)?.handled()
    this.#handled.delete(response)
  }
}

/** The status for metrics if the client left before the answer. HTTP has none; nginx and others use this one. */
const CLIENT_CLOSED_REQUEST = 499

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'REPORT', 'OPTIONS', 'PUT', 'DELETE'])

class ObservedRequest {
  readonly span: RequestSpan
  readonly #options: RequestObserverOptions
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #startedAt: number
  readonly #bytesBefore: number
  #route = 'other'
  #environment: EnvironmentConfig | undefined
  #client: RequestClient | undefined

  constructor(options: RequestObserverOptions, request: IncomingMessage, response: ServerResponse) {
    this.#options = options
    this.#request = request
    this.#response = response
    this.#startedAt = options.clock.monotonic()
    this.#bytesBefore = request.socket.bytesWritten
    this.span = options.tracing?.start(String(request.method), request.headers) ?? NO_SPAN
    options.counts.active++
  }

  setRoute(route: string): void {
    this.#route = route
  }

  setClient(environment: EnvironmentConfig, client: RequestClient): void {
    this.#environment = environment
    this.#client = client
  }

  handled(): void {
    const response = this.#response
    const begins = STREAM_ROUTES.has(this.#route) && response.headersSent && response.statusCode === 200
    if (response.closed) this.#ended()
    else if (begins) this.#streamBegan()
    else this.#awaitEnd()
  }

  #awaitEnd(): void {
    const endWrite = this.span.begin('relay.response.write')
    this.#response.on('close', () => {
      endWrite()
      this.#ended()
    })
  }

  #ended(): void {
    this.#count()
    this.#log('answered')
    this.#options.counts.active--
  }

  /** Counts a stream when it begins, because its lifetime says nothing about the relay. */
  #streamBegan(): void {
    const { counts } = this.#options
    const client = this.#client
    this.#count()
    this.#log('stream began')
    if (client) counts.addStreams(client, 1)
    this.#response.on('close', () => {
      if (client) counts.addStreams(client, -1)
      counts.active--
      this.#log('stream ended')
    })
  }

  #count(): void {
    const answered: AnsweredRequest = {
      client: this.#client,
      ...this.#facts,
      seconds: this.#elapsedMs / 1_000,
    }
    this.#options.counts.add(answered)
    this.#options.onAnswered(answered)
    this.span.end(answered)
  }

  #log(event: RequestLine['event']): void {
    const client = this.#client
    this.#options.log.request(
      () => ({
        event,
        ...this.#facts,
        durationMs: Math.round(this.#elapsedMs * 10) / 10,
        bytes: this.#request.socket.bytesWritten - this.#bytesBefore,
        ...(client && { sdk: sdkText(client.sdk) }),
      }),
      this.#environment,
    )
  }

  get #facts(): Pick<AnsweredRequest, 'method' | 'route' | 'status'> {
    const { method = '' } = this.#request
    return {
      method: METHODS.has(method) ? method : '_OTHER',
      route: this.#route,
      status: this.#response.headersSent ? this.#response.statusCode : CLIENT_CLOSED_REQUEST,
    }
  }

  get #elapsedMs(): number {
    return this.#options.clock.monotonic() - this.#startedAt
  }
}
