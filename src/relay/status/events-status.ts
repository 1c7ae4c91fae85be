import type { EventCounts } from '../events/event-counts.ts'
import type { EventsView } from '../events/event-service.ts'

/** The forwarding of events. An extension of Halyard. The counts are those since the start of the environment. */
export interface EventsStatus extends EventCounts {
  /** `refused`: the events service refuses a credential, whose events are dropped for some time. */
  readonly state: 'discarding' | 'forwarding' | 'refused'
  readonly queued: number
  readonly queuedBytes: number
  readonly lastError?: { readonly message: string; readonly time: number; readonly statusCode?: number }
}

/** Returns the state of events; `undefined` if they are off. */
export function eventsStatus({ state, lastError, ...counts }: EventsView): EventsStatus | undefined {
  if (state === 'off') return undefined
  if (lastError === undefined) return { state, ...counts }
  const { message, at: time, status: statusCode } = lastError
  return {
    state,
    ...counts,
    lastError: { message, time, ...(statusCode !== undefined && { statusCode }) },
  }
}
