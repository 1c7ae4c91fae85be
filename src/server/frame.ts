import type { Change } from '../model/change-set.ts'
import { changeEvent } from '../protocol/encoder.ts'
import type { EventName, WireEvent } from '../protocol/events.ts'

/** An event whose data is encoded once, for every client and both containers. */
export interface Frame {
  readonly event: EventName
  readonly json: string
}

/** The frame of a put or delete. */
export interface ChangeFrame extends Frame {
  readonly change: Change
  /** Of `json`; computed when it is first needed. */
  digest?: bigint
}

/** A change in the words of those who take patches, and in the words of all others. */
export interface FoldedFrame {
  readonly whole: Frame
  readonly patched: Frame
}

export function frameOf({ event, data }: WireEvent): Frame {
  return { event, json: JSON.stringify(data) }
}

export function changeFrameOf(change: Change): ChangeFrame {
  return { ...frameOf(changeEvent(change)), change }
}

/** Names an item across kinds. */
export function idOf({ kind, key }: Pick<Change, 'kind' | 'key'>): string {
  return `${kind}/${key}`
}

/** Frames as part of an event stream. */
export function toStreamBytes(frames: readonly Frame[]): Buffer {
  return Buffer.from(frames.map(({ event, json }) => `event: ${event}\ndata: ${json}\n\n`).join(''))
}

/** Frames as the body of a poll. */
export function toPollBytes(frames: readonly Frame[]): Buffer {
  const events = frames.map(({ event, json }) => `{"event":"${event}","data":${json}}`)
  return Buffer.from(`{"events":[${events.join(',')}]}`)
}
