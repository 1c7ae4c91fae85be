import type { ServedRequest } from '../server/request-target.ts'
import type { Address, Audience } from './addresses.ts'
import type { Credential } from './credentials.ts'
import type { RequestSpan } from './telemetry/tracing.ts'

/** A request of an SDK to one environment, whose credential has been checked. */
export interface SdkRequest extends ServedRequest {
  readonly address: Address
  /** The kind of the credential of the request. */
  readonly audience: Audience
  /** The credential of the request. Its value is a secret. */
  readonly credential: Credential
  /** Aborts when the credential expires or is removed. A stream then ends with a goodbye. */
  readonly expired: AbortSignal
  readonly span: RequestSpan
}
