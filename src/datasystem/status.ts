import type { SourceError } from '../model/source-result.ts'
import type { DataSourceStatus } from '../model/status.ts'

/** What can happen to the flow of data. */
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

/** The status without what is counted beside it. */
export type StatusState = Omit<DataSourceStatus, 'mode' | 'ageMs' | 'skipped'>

/**
 * The next status. An interruption before any data stays `initializing`, with the error; `off` is final until
 * data arrives. Answers the same object when nothing changed.
 */
export function nextStatus(status: StatusState, event: StatusEvent, now: number): StatusState {
  switch (event.type) {
    case 'turn':
      // What is valid stays the word of the source that gave it, until the new one speaks (D3).
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
