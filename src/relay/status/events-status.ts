import type { EventCounts } from '../events/event-counts.ts'
import type { EventsError } from '../events/event-log.ts'
import type { EventsView } from '../events/event-service.ts'

/** The forwarding or counting of events. An extension of Halyard. The counts are those since the start of the environment. */
export interface EventsStatus extends EventCounts {
  /** `refused`: the events service refuses a credential, whose events are dropped for some time. */
  readonly state: 'counting' | 'forwarding' | 'refused'
  readonly queued: number
  readonly queuedBytes: number
  /** Only in the state `counting`. `unknownFlagEvaluations`: those of flags that the SDK or the relay does not have. */
  readonly flagEvaluations?: number
  readonly unknownFlagEvaluations?: number
  readonly lastError?: { readonly message: string; readonly time: number; readonly statusCode?: number }
}

/** Returns the state of events; `undefined` if they are off. */
export function eventsStatus({ state, lastError, usage, ...counts }: EventsView): EventsStatus | undefined {
  if (state === 'off') return undefined
  return {
    state,
    ...counts,
    ...(usage && {
      flagEvaluations: usage.evaluations,
      unknownFlagEvaluations: usage.unknownEvaluations,
    }),
    ...(lastError && { lastError: errorOf(lastError) }),
  }
}

function errorOf({ message, at: time, status: statusCode }: EventsError): EventsStatus['lastError'] & object {
  return { message, time, ...(statusCode !== undefined && { statusCode }) }
}
