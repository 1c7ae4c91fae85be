import type { ItemLookup } from '../model/change-set.ts'
import type { Directive, SourceError, SourceResult } from '../model/source-result.ts'
import type { Decoded } from '../protocol/decoder.ts'
import { ACCEPT_HEADER, type EventName } from '../protocol/events.ts'
import type { HttpHeaders } from '../transport/transport.ts'

/** What a 404 to a request of FDv2 may mean, and the remedy. */
export const FDV2_NOT_FOUND: string =
  'the service may not speak FDv2; to use FDv1, set HALYARD_DATA_SAVING_MODE=off in the environment of the client or ' +
  'relay, or dataSavingMode = off in [Main] of the relay, or give createClient dataSavingMode: false'

/** A sign of life. */
export const HEARTBEAT: SourceResult = { type: 'activity', of: 'heartbeat' }

/** A word of the protocol as a word of a source; undefined when it is of no consequence. */
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
      const message = `the server gave up on a payload: ${decoded.reason}`
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

/** The header in which a service says which environment it answers for. */
const ENVIRONMENT_HEADER = 'x-ld-envid'

/** The same result with the environment the answer is for. */
export function ofEnvironment(result: SourceResult, headers: HttpHeaders): SourceResult {
  const environmentId = headers[ENVIRONMENT_HEADER]
  return result.type === 'changeSet' && environmentId ? { ...result, environmentId } : result
}

/** The same result under the order the server gave with it; an order inside the result counts for more (D8). */
export function directed(result: SourceResult, directive: Directive | undefined): SourceResult {
  return directive && !result.directive ? { ...result, directive } : result
}

const PATCH: EventName = 'patch-object'

/** Asks for patches where it can be seen what they apply to: at the basis, or what the same connection brings first (D19). */
export function askingForPatches(held: ItemLookup | undefined): HttpHeaders {
  return held ? { [ACCEPT_HEADER]: PATCH } : {}
}

/** Whether an error means that the server builds upon something else than what is held: only everything helps (D19). */
export function refutesBasis({ event }: SourceError): boolean {
  return event === PATCH
}
