/** The port for GET requests of Halyard to HTTP services. */
export interface Transport {
  /**
   * Resolves when the response headers have arrived. Rejects if there is no answer or the signal aborts. The caller must read
   * the body to its end or abort the signal. Implementations verify TLS, do not decompress, and do not follow redirects.
   */
  get(request: HttpRequest): Promise<HttpResponse>
  /** Closes all connections. */
  close(): Promise<void>
}

export interface HttpRequest {
  readonly url: string
  readonly headers: HttpHeaders
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  /** Header names are in lower case. */
  readonly headers: HttpHeaders
  readonly body: AsyncIterable<Uint8Array>
  /** Host and port of the proxy that forwarded the answer of an http service. The answer can come from the proxy itself. */
  readonly via?: string
}

export type HttpHeaders = Readonly<Record<string, string>>

/** A request with a method and an optional body. */
export interface MethodRequest extends HttpRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  readonly body?: string
}

/** The port for requests with any method, under the rules of `Transport`. */
export interface Requester {
  /** Sends a request as `Transport.get` does. A request is sent once; the caller decides whether a retry is safe. */
  request(request: MethodRequest): Promise<HttpResponse>
  /** Closes all connections. */
  close(): Promise<void>
}
