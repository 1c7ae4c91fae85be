import type { ServerResponse } from 'node:http'
import { refuseWithJson } from '../../server/respond.ts'
import type { RefusalCause, Refused } from '../client-side/request-context.ts'

/** An error of OFREP: a status and an error code of OpenFeature. */
interface OfrepErrorAnswer {
  readonly status: number
  readonly errorCode: string
}

/** Providers pause after a 429 for the time in `Retry-After`, and give up after a 403. */
const ERRORS: Readonly<Record<RefusalCause, OfrepErrorAnswer>> = {
  malformed: { status: 400, errorCode: 'PARSE_ERROR' },
  invalid: { status: 400, errorCode: 'INVALID_CONTEXT' },
  'no key': { status: 400, errorCode: 'TARGETING_KEY_MISSING' },
  'two keys': { status: 400, errorCode: 'GENERAL' },
  'unknown key': { status: 401, errorCode: 'GENERAL' },
  'not secure': { status: 403, errorCode: 'GENERAL' },
  'too long': { status: 413, errorCode: 'GENERAL' },
  'wrong type': { status: 415, errorCode: 'PARSE_ERROR' },
  busy: { status: 429, errorCode: 'GENERAL' },
  'not ready': { status: 503, errorCode: 'GENERAL' },
}

/** Answers with an error of OFREP. `key` is the flag of the request; absent in a request for all flags. */
export function refuseOfrep(response: ServerResponse, { cause, message }: Refused, key?: string): void {
  const { status, errorCode } = ERRORS[cause]
  refuseWithJson(response, status, { ...(key !== undefined && { key }), errorCode, errorDetails: message })
}
