/** The port for HTTP requests of Halyard to services. */
export interface Transport {
  /**
   * Sends a request once. Resolves when the response headers have arrived. Rejects if there is no answer or the signal aborts.
   * The caller must read the body to its end or abort the signal. Implementations verify TLS, do not decompress, and do not
   * follow redirects. They may repeat a GET, but no other request.
   */
  request(request: HttpRequest): Promise<HttpResponse>
  /** Closes all connections. */
  close(): Promise<void>
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: HttpHeaders
  readonly signal: AbortSignal
  /** The body of a POST or PUT. Default: none. */
  readonly body?: string | Uint8Array
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
