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

/** A request to a service. */
export interface HttpRequest {
  /** The method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** The absolute URL. */
  readonly url: string
  /** The headers, among them the credential of the service. */
  readonly headers: HttpHeaders
  /** Ends the request and the reading of its body when it aborts. */
  readonly signal: AbortSignal
  /** The body of a POST or PUT. Default: none. */
  readonly body?: string | Uint8Array
}

/** The answer of a service. */
export interface HttpResponse {
  /** The HTTP status. */
  readonly status: number
  /** Header names are in lower case. */
  readonly headers: HttpHeaders
  /** The body in pieces, as it arrives. It may be compressed. */
  readonly body: AsyncIterable<Uint8Array>
  /** Host and port of the proxy that forwarded the answer of an http service. The answer can come from the proxy itself. */
  readonly via?: string
}

/** Header values by name. */
export type HttpHeaders = Readonly<Record<string, string>>
