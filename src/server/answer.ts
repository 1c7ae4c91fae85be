import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Change, ChangeSet } from '../model/change-set.ts'
import { changeEvent, encodeChangeSet } from '../protocol/encoder.ts'
import type { EventName, WireEvent } from '../protocol/events.ts'
import type { Selector } from '../selector/selector.ts'
import type { Step } from './history.ts'

export type Reason = 'payload-missing' | 'cant-catchup' | 'stale' | 'up-to-date'

export interface ChangeSetAnswerParts {
  readonly type: ChangeSet['type']
  readonly reason: Reason
  /** Where the client stands once it has applied the answer. */
  readonly target: Selector
  readonly changes: readonly FoldedFrame[]
  /** Steps that lead to the client's state, of one that is ahead of this server: they are needed again when it catches up. */
  readonly known?: readonly Step[]
}

/** Which words a client understands: those of all, or patches among them (D19). */
export type Encoding = keyof FoldedFrame

const PAYLOAD_ID = 'halyard'
const compress: (bytes: Buffer) => Promise<Buffer> = promisify(gzip)

/** What is said to a client, encoded at most once per container and words however many clients are told. */
export class ChangeSetAnswer {
  readonly type: ChangeSet['type']
  readonly target: Selector
  readonly known: readonly Step[]
  readonly #intent: readonly Frame[]
  readonly #end: readonly Frame[]
  readonly #changes: readonly FoldedFrame[]
  readonly #bytes = new Map<string, Buffer>()
  readonly #gzipped = new Map<Encoding, Promise<Buffer>>()

  constructor({ type, reason, target, changes, known = [] }: ChangeSetAnswerParts) {
    const envelope = encodeChangeSet({ type, changes: [] }, { id: PAYLOAD_ID, target, reason }).map(frameOf)
    this.type = type
    this.target = target
    this.known = known
    this.#intent = envelope.slice(0, 1)
    this.#end = envelope.slice(1)
    this.#changes = changes
  }

  /** Changes whenever the data does. */
  get etag(): string {
    return `"${createHash('sha256').update(this.target.state).digest('base64url')}"`
  }

  stream(words: Encoding): Buffer {
    return this.#encoded(toStreamBytes, 'stream', words)
  }

  poll(words: Encoding): Buffer {
    return this.#encoded(toPollBytes, 'poll', words)
  }

  gzippedPoll(words: Encoding): Promise<Buffer> {
    const said = this.#heard(words)
    const gzipped = this.#gzipped.get(said) ?? compress(this.poll(said))
    this.#gzipped.set(said, gzipped)
    return gzipped
  }

  #encoded(encode: (frames: readonly Frame[]) => Buffer, container: string, words: Encoding): Buffer {
    const said = this.#heard(words)
    const name = `${container} ${said}`
    const bytes =
      this.#bytes.get(name) ??
      encode([...this.#intent, ...this.#changes.map((change) => change[said]), ...this.#end])
    this.#bytes.set(name, bytes)
    return bytes
  }

  /** Where no patch is in it, all hear the same. */
  #heard(words: Encoding): Encoding {
    return this.#changes.some(({ whole, patched }) => whole !== patched) ? words : 'whole'
  }
}

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
function toPollBytes(frames: readonly Frame[]): Buffer {
  const events = frames.map(({ event, json }) => `{"event":"${event}","data":${json}}`)
  return Buffer.from(`{"events":[${events.join(',')}]}`)
}
