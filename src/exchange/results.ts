import type { ItemLookup } from '../model/change-set.ts'
import type { Directive, SourceError, SourceResult } from '../model/source-result.ts'
import type { Decoded } from '../protocol/decoder.ts'
import { ACCEPT_HEADER, directiveOf, type EventName } from '../protocol/events.ts'
import { withBasis } from '../selector/basis.ts'
import type { Selector } from '../selector/selector.ts'
import type { HttpHeaders } from '../transport/transport.ts'

const FDV2_NOT_FOUND: string =
  'the service may not speak FDv2; to use FDv1, set HALYARD_DATA_SAVING_MODE=off in the environment of the client or ' +
  'relay, or dataSavingMode = off in [Main] of the relay, or give createClient dataSavingMode: false'

export const HEARTBEAT: SourceResult = { type: 'activity', of: 'heartbeat' }

/** Returns the source result of a decoded event; `undefined` if the event has no effect. */
export function toResult(decoded: Decoded): SourceResult | undefined {
  switch (decoded.type) {
    case 'pending':
    case 'ignored':
      return undefined
    case 'changeSet':
    case 'skipped':
    case 'goodbye':
      return decoded
    case 'aborted': {
      const message = `the server abandoned a payload: ${decoded.reason}`
      return { type: 'aborted', error: { kind: 'error_response', message } }
    }
    case 'violation': {
      const { event, key, message } = decoded
      return {
        type: 'interrupted',
        error: {
          kind: 'invalid_data',
          message: `${event}: ${message}`,
          event,
          ...(key !== undefined && { key }),
        },
      }
    }
    default:
      return decoded satisfies never
  }
}

const ENVIRONMENT_HEADER = 'x-ld-envid'

/** Adds the environment id of the response headers to a change set. */
export function ofEnvironment(result: SourceResult, headers: HttpHeaders): SourceResult {
  const environmentId = headers[ENVIRONMENT_HEADER]
  return result.type === 'changeSet' && environmentId ? { ...result, environmentId } : result
}

/** Adds the directive of the response to a result, unless the result has one itself (D8). */
export function directed(result: SourceResult, directive: Directive | undefined): SourceResult {
  return directive && !result.directive ? { ...result, directive } : result
}

/** The differences between the requests of the two protocols, for polls and streams alike. */
export interface RequestDialect {
  urlAt(url: string, basis: Selector | undefined): string
  requestHeaders(held: ItemLookup | undefined): HttpHeaders
  directive(headers: HttpHeaders): Directive | undefined
  readonly notFoundHint?: string
}

const PATCH: EventName = 'patch-object'

/** Returns the header that asks for patches, if the objects that they apply to can be looked up (D19). */
function patchHeaders(held: ItemLookup | undefined): HttpHeaders {
  return held ? { [ACCEPT_HEADER]: PATCH } : {}
}

/**
 * Recognizes an error which shows that the data in memory differs from the server's, so that a full payload is needed
 * (D19).
 */
export function refutesBasis({ event }: SourceError): boolean {
  return event === PATCH
}

export const FDV2_REQUEST: RequestDialect = {
  urlAt: withBasis,
  requestHeaders: patchHeaders,
  directive: directiveOf,
  notFoundHint: FDV2_NOT_FOUND,
}

export const FDV1_REQUEST: RequestDialect = {
  urlAt: (url) => url,
  requestHeaders: () => ({}),
  // An FDv1 directive in an answer of FDv1 is ignored.
  directive: () => undefined,
}
