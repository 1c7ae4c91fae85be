import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Change, ChangeSet } from '../model/change-set.ts'
import { changeEvent, encodeChangeSet } from '../protocol/encoder.ts'
import type { EventName, WireEvent } from '../protocol/events.ts'
import { canReturn } from '../selector/content-names.ts'
import type { Selector } from '../selector/selector.ts'
import type { Step } from './history.ts'

export type Reason = 'payload-missing' | 'cant-catchup' | 'stale' | 'up-to-date'

export interface ChangeSetAnswerParts {
  readonly type: ChangeSet['type']
  readonly reason: Reason
  /** The state of the client after it has applied the answer. */
  readonly target: Selector
  readonly changes: readonly EncodedChange[]
  /**
   * Present if the client is ahead of this server: the steps that connect both states. The next answer needs them, because the
   * history of this server does not contain the state of the client.
   */
  readonly pathToClient?: readonly Step[]
}

/** `patched` contains patches, for clients that accept them (D19); `whole` contains only whole objects. */
export type Encoding = keyof EncodedChange

const PAYLOAD_ID = 'halyard'
const compress: (bytes: Buffer) => Promise<Buffer> = promisify(gzip)

/** The answer to clients with one basis. Each form (stream, poll, gzipped poll) is encoded at most once and shared by them. */
export class ChangeSetAnswer {
  readonly type: ChangeSet['type']
  readonly target: Selector
  readonly pathToClient: readonly Step[]
  readonly #intent: readonly Frame[]
  readonly #end: readonly Frame[]
  readonly #changes: readonly EncodedChange[]
  readonly #bytes = new Map<string, Buffer>()
  readonly #gzipped = new Map<Encoding, Promise<Buffer>>()

  constructor({ type, reason, target, changes, pathToClient = [] }: ChangeSetAnswerParts) {
    const envelope = encodeChangeSet({ type, changes: [] }, { id: PAYLOAD_ID, target, reason }).map(frameOf)
    this.type = type
    this.target = target
    this.pathToClient = pathToClient
    this.#intent = envelope.slice(0, 1)
    this.#end = envelope.slice(1).map((frame) => withId(frame, target))
    this.#changes = changes
  }

  get etag(): string {
    return `"${createHash('sha256').update(this.target.state).digest('base64url')}"`
  }

  stream(encoding: Encoding): Buffer {
    return this.#encoded(toStreamBytes, 'stream', encoding)
  }

  poll(encoding: Encoding): Buffer {
    return this.#encoded(toPollBytes, 'poll', encoding)
  }

  gzippedPoll(encoding: Encoding): Promise<Buffer> {
    const effective = this.#effective(encoding)
    const gzipped = this.#gzipped.get(effective) ?? compress(this.poll(effective))
    this.#gzipped.set(effective, gzipped)
    return gzipped
  }

  #encoded(serialize: (frames: readonly Frame[]) => Buffer, container: string, encoding: Encoding): Buffer {
    const effective = this.#effective(encoding)
    const name = `${container} ${effective}`
    const bytes =
      this.#bytes.get(name) ??
      serialize([...this.#intent, ...this.#changes.map((change) => change[effective]), ...this.#end])
    this.#bytes.set(name, bytes)
    return bytes
  }

  /** Returns `whole` if the answer contains no patch, so that both encodings share their bytes. */
  #effective(encoding: Encoding): Encoding {
    return this.#changes.some(({ whole, patched }) => whole !== patched) ? encoding : 'whole'
  }
}

/** An event with its data as JSON, encoded once for all clients, streams and polls. */
export interface Frame {
  readonly event: EventName
  readonly json: string
  /** The id of the event in a stream, which the client returns as `Last-Event-ID` when it reconnects. */
  readonly id?: string
}

export interface ChangeFrame extends Frame {
  readonly change: Change
  digest?: bigint
}

export interface EncodedChange {
  readonly whole: Frame
  readonly patched: Frame
}

export function frameOf({ event, data }: WireEvent): Frame {
  return { event, json: JSON.stringify(data) }
}

const prepared = new WeakMap<Change, ChangeFrame>()

export function changeFrameOf(change: Change): ChangeFrame {
  return prepared.get(change) ?? { ...frameOf(changeEvent(change)), change }
}

/** Encodes a change in advance, so that a source can prepare a large payload in time slices. */
export function prepareChange(change: Change): void {
  prepared.set(change, changeFrameOf(change))
}

export function idOf({ kind, key }: Pick<Change, 'kind' | 'key'>): string {
  return `${kind}/${key}`
}

export function toStreamBytes(frames: readonly Frame[]): Buffer {
  const texts = frames.map(({ event, json, id }) => {
    const field = id === undefined ? '' : `id: ${id}\n`
    return `event: ${event}\n${field}data: ${json}\n\n`
  })
  return Buffer.from(texts.join(''))
}

/**
 * Adds the state as the id of the last event of a payload. LaunchDarkly's Node.js SDK repeats the basis of its first connection whenever
 * it reconnects; if a former content has returned, that basis would wrongly be answered with "nothing new" (decision 46).
 */
function withId(frame: Frame, { state }: Selector): Frame {
  return canReturn(state) && HEADER_SAFE.test(state) ? { ...frame, id: state } : frame
}

const HEADER_SAFE = /^[\x21-\x7e]+$/

function toPollBytes(frames: readonly Frame[]): Buffer {
  const events = frames.map(({ event, json }) => `{"event":"${event}","data":${json}}`)
  return Buffer.from(`{"events":[${events.join(',')}]}`)
}
