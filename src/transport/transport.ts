/** One GET and its answer. The port through which everything Halyard asks of an HTTP service goes. */
export interface Transport {
  /**
   * Resolves when the response headers are there; rejects when no answer comes or the signal aborts. The
   * body must be read to its end or the signal aborted. Implementations verify TLS, do not decompress, and
   * do not follow redirects.
   */
  get(request: HttpRequest): Promise<HttpResponse>
  /** Ends every connection. */
  close(): Promise<void>
}

export interface HttpRequest {
  readonly url: string
  readonly headers: HttpHeaders
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: HttpHeaders
  readonly body: AsyncIterable<Uint8Array>
  /** Host and port of the proxy that forwarded the answer of an http service, and that may have made it. */
  readonly via?: string
}

export type HttpHeaders = Readonly<Record<string, string>>

/** A request with a method and maybe a body. */
export interface MethodRequest extends HttpRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly body?: string
}

/** What a `Transport` is to those who also write: any method, under the same rules. */
export interface Requester {
  /** As `Transport.get`, and so a request is sent once: whoever asks decides whether asking again does harm. */
  request(request: MethodRequest): Promise<HttpResponse>
  /** Ends every connection. */
  close(): Promise<void>
}
