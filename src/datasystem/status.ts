import type { SourceError } from '../model/source-result.ts'
import type { DataSourceStatus } from '../model/status.ts'

export type StatusEvent =
  | { readonly type: 'turn'; readonly source: string }
  | { readonly type: 'data'; readonly source: string; readonly savedAt?: number }
  | {
      readonly type: 'interruption'
      readonly source: string
      readonly error?: SourceError
      readonly retryInMs?: number
    }
  | { readonly type: 'off'; readonly retryInMs?: number }

export type StatusState = Omit<DataSourceStatus, 'mode' | 'ageMs' | 'skipped'>

/**
 * Returns the status after an event; the same object if nothing changed. An interruption before the first data leaves the
 * state `initializing`. Only data ends the state `off`.
 */
export function nextStatus(status: StatusState, event: StatusEvent, now: number): StatusState {
  switch (event.type) {
    case 'turn':
      // A valid status names the source of the data until the new source has data or fails (D3.3).
      if (status.state === 'valid' || status.source === event.source) return status
      return { ...withoutNextAttempt(status), source: event.source }
    case 'data':
      if (status.state === 'valid' && status.source === event.source) return status
      return enter({ ...withoutNextAttempt(status), source: event.source }, 'valid', now)
    case 'interruption': {
      const { source, error } = event
      const next = {
        ...withoutNextAttempt(status),
        source,
        ...(error && { lastError: { ...error, at: now, source } }),
        ...nextAttempt(event, now),
      }
      return enter(
        next,
        next.state === 'initializing' || next.state === 'off' ? next.state : 'interrupted',
        now,
      )
    }
    case 'off':
      if (status.state === 'off' && event.retryInMs === status.nextAttempt) return status
      return enter({ ...withoutNextAttempt(status), ...nextAttempt(event, now) }, 'off', now)
    default:
      return event satisfies never
  }
}

function nextAttempt(
  { retryInMs }: { readonly retryInMs?: number },
  now: number,
): Pick<StatusState, 'nextAttempt'> {
  return retryInMs === undefined ? {} : { nextAttempt: now + Math.round(retryInMs) }
}

function enter(status: StatusState, state: StatusState['state'], now: number): StatusState {
  return status.state === state ? status : { ...status, state, since: now }
}

function withoutNextAttempt({ nextAttempt: _, ...status }: StatusState): StatusState {
  return status
}
