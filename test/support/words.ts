import type { Change } from '../../src/model/change-set.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import type { Selector } from '../../src/selector/selector.ts'

/** Short names for results of a scripted source. */

export function selector(state: string): Selector {
  return { state, version: 1 }
}

export function flag(key: string, version = 1, members: object = {}): Change {
  return { op: 'put', kind: 'flag', key, version, object: { key, version, ...members } }
}

export function segment(key: string, version = 1, members: object = {}): Change {
  return { op: 'put', kind: 'segment', key, version, object: { key, version, ...members } }
}

export function gone(key: string, kind: 'flag' | 'segment' = 'flag'): Change {
  return { op: 'delete', kind, key, version: 9 }
}

export function full(state: string | undefined, ...changes: Change[]): SourceResult {
  return {
    type: 'changeSet',
    changeSet: { type: 'full', changes, ...(state && { selector: selector(state) }) },
  }
}

export function partial(state: string | undefined, ...changes: Change[]): SourceResult {
  return {
    type: 'changeSet',
    changeSet: { type: 'partial', changes, ...(state && { selector: selector(state) }) },
  }
}

export const none: SourceResult = { type: 'changeSet', changeSet: { type: 'none' } }

export const progress: SourceResult = { type: 'activity', of: 'payload' }

export const heartbeat: SourceResult = { type: 'activity', of: 'heartbeat' }

export const goodbye: SourceResult = { type: 'goodbye', reason: 'rebalancing' }

export function interrupted(message = 'dropped', retryInMs?: number): SourceResult {
  return {
    type: 'interrupted',
    error: { kind: 'network_error', message },
    ...(retryInMs !== undefined && { retryInMs }),
  }
}

/** The result for a patch that did not apply. */
export const refuted: SourceResult = {
  type: 'interrupted',
  error: {
    kind: 'invalid_data',
    message: 'patch-object: it does not apply',
    event: 'patch-object',
    key: 'a',
  },
}

export function terminal(status = 401): SourceResult {
  return { type: 'terminalError', error: { kind: 'error_response', message: `answered ${status}`, status } }
}
