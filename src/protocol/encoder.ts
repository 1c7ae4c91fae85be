import type { Change, ChangeSet, PutChange } from '../model/change-set.ts'
import type { Selector } from '../selector/selector.ts'
import type { WireEvent } from './events.ts'
import { diff, type Operation } from './patch.ts'

export type Patch = readonly (
  | Operation
  | { readonly op: 'test'; readonly path: string; readonly value: unknown }
)[]

export interface PayloadInfo {
  /** The id of the payload. Informational. */
  readonly id: string
  readonly target: Selector
  /** The reason for the payload: `payload-missing`, `cant-catchup`, `stale`, `update` or `up-to-date`. Informational. */
  readonly reason: string
}

export function encodeChangeSet(changeSet: ChangeSet, info: PayloadInfo): WireEvent[] {
  switch (changeSet.type) {
    case 'none':
      return [intentEvent('none', info)]
    case 'full':
      return [intentEvent('xfer-full', info), ...changeSet.changes.map(changeEvent), transferredEvent(info)]
    case 'partial':
      return [
        intentEvent('xfer-changes', info),
        ...changeSet.changes.map(changeEvent),
        transferredEvent(info),
      ]
    default:
      return changeSet satisfies never
  }
}

export function changeEvent(change: Change): WireEvent {
  const { kind, key, version } = change
  switch (change.op) {
    case 'put':
      return { event: 'put-object', data: { version, kind, key, object: change.object } }
    case 'delete':
      return { event: 'delete-object', data: { version, kind, key } }
    default:
      return change satisfies never
  }
}

/**
 * Returns the JSON Patch from the object that a client holds to that of a put (D19); `undefined` if the object must be
 * sent whole. The patches of several steps can be concatenated.
 */
export function patchOf(held: object, { object }: PutChange): Patch | undefined {
  const changes = diff(held, object)
  if (!changes) return undefined
  const { version: from } = held as { readonly version?: unknown }
  // The test makes the patch fail if the client holds another version, instead of producing an object that never existed.
  return from === undefined ? changes : [{ op: 'test', path: '/version', value: from }, ...changes]
}

export function patchEvent({ kind, key, version }: Omit<PutChange, 'object'>, patch: Patch): WireEvent {
  return { event: 'patch-object', data: { version, kind, key, patch } }
}

/** Returns the goodbye of a planned end. `silent` keeps SDKs, such as Go's, from logging it as an error. */
export function goodbyeEvent(reason: string): WireEvent {
  return { event: 'goodbye', data: { reason, silent: true } }
}

/** Returns events in the framing of an event stream. JSON contains no raw line break, so each event has one `data:` line. */
export function toEventStream(events: readonly WireEvent[]): string {
  return events.map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')
}

export function toPollBody(events: readonly WireEvent[]): string {
  return JSON.stringify({ events })
}

function intentEvent(intentCode: string, { id, target, reason }: PayloadInfo): WireEvent {
  return { event: 'server-intent', data: { payloads: [{ id, target: target.version, intentCode, reason }] } }
}

function transferredEvent({ id, target }: PayloadInfo): WireEvent {
  return { event: 'payload-transferred', data: { state: target.state, version: target.version, id } }
}
