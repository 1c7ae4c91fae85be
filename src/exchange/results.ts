import type { Directive } from '../model/directive.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Decoded } from '../protocol/decoder.ts'

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

/** The same result under the order the server gave with it; an order inside the result counts for more (D8). */
export function directed(result: SourceResult, directive: Directive | undefined): SourceResult {
  return directive && !result.directive ? { ...result, directive } : result
}
