import type { HttpRequest, HttpResponse } from './transport.ts'

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
