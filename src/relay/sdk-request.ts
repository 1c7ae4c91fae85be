import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestTarget } from '../server/request-target.ts'
import type { Address, Audience } from './addresses.ts'

/** A request of an SDK to one environment, whose credential has been checked. */
export interface SdkRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly target: RequestTarget
  readonly address: Address
  /** The kind of the credential of the request. */
  readonly audience: Audience
}
