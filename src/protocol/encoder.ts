import type { Change, ChangeSet, PutChange } from '../model/change-set.ts'
import type { Selector } from '../selector/selector.ts'
import type { WireEvent } from './events.ts'
import { diff, type Operation } from './patch.ts'

/** A list of operations (RFC 6902). */
export type Patch = readonly (
  | Operation
  | { readonly op: 'test'; readonly path: string; readonly value: unknown }
)[]

/** What a server says about a payload besides its content. */
export interface PayloadInfo {
  /** Names the payload; informational. */
  readonly id: string
  /** Where the payload leads. */
  readonly target: Selector
  /** Why it is sent: `payload-missing`, `cant-catchup`, `stale`, `update`, `up-to-date`. Informational. */
  readonly reason: string
}

/** A change set as the events a client expects, in order, beginning with the intent. */
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
 * How a put differs from the object a client holds by then; only for clients that asked (D19). `undefined` where it must
 * be told whole. Patches of several steps are one, put together in order.
 */
export function patchOf(held: object, { object }: PutChange): Patch | undefined {
  const changes = diff(held, object)
  if (!changes) return undefined
  const { version: from } = held as { readonly version?: unknown }
  // Upon another object than the one meant a patch had better fail than make something that never was.
  return from === undefined ? changes : [{ op: 'test', path: '/version', value: from }, ...changes]
}

/** A put in the form of a patch. */
export function patchEvent({ kind, key, version }: Omit<PutChange, 'object'>, patch: Patch): WireEvent {
  return { event: 'patch-object', data: { version, kind, key, patch } }
}

/** Returns the goodbye of a planned end. `silent` keeps SDKs, such as Go's, from logging it as an error. */
export function goodbyeEvent(reason: string): WireEvent {
  return { event: 'goodbye', data: { reason, silent: true } }
}

/** Events in the framing of an event stream; JSON never holds a raw line break, so one `data:` line each. */
export function toEventStream(events: readonly WireEvent[]): string {
  return events.map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join('')
}

/** Events as the body of a poll. */
export function toPollBody(events: readonly WireEvent[]): string {
  return JSON.stringify({ events })
}

function intentEvent(intentCode: string, { id, target, reason }: PayloadInfo): WireEvent {
  return { event: 'server-intent', data: { payloads: [{ id, target: target.version, intentCode, reason }] } }
}

function transferredEvent({ id, target }: PayloadInfo): WireEvent {
  return { event: 'payload-transferred', data: { state: target.state, version: target.version, id } }
}
