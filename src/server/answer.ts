import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ChangeSet } from '../model/change-set.ts'
import { encodeChangeSet } from '../protocol/encoder.ts'
import type { Selector } from '../selector/selector.ts'
import { type FoldedFrame, type Frame, frameOf, toPollBytes, toStreamBytes } from './frame.ts'
import type { Step } from './step.ts'

export type Reason = 'payload-missing' | 'cant-catchup' | 'stale' | 'up-to-date'

export interface AnswerParts {
  readonly type: ChangeSet['type']
  readonly reason: Reason
  /** Where the client stands once it has applied the answer. */
  readonly target: Selector
  readonly changes: readonly FoldedFrame[]
  /** Steps that lead to the client's state, of one that is ahead of this server: they are needed again when it catches up. */
  readonly known?: readonly Step[]
}

/** Which words a client understands: those of all, or patches among them (D19). */
export type Words = keyof FoldedFrame

const PAYLOAD_ID = 'halyard'
const compress: (bytes: Buffer) => Promise<Buffer> = promisify(gzip)

/** What is said to a client, encoded at most once per container and words however many clients are told. */
export class Answer {
  readonly type: ChangeSet['type']
  readonly target: Selector
  readonly known: readonly Step[]
  readonly #intent: readonly Frame[]
  readonly #end: readonly Frame[]
  readonly #changes: readonly FoldedFrame[]
  readonly #bytes = new Map<string, Buffer>()
  readonly #gzipped = new Map<Words, Promise<Buffer>>()

  constructor({ type, reason, target, changes, known = [] }: AnswerParts) {
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

  stream(words: Words): Buffer {
    return this.#encoded(toStreamBytes, 'stream', words)
  }

  poll(words: Words): Buffer {
    return this.#encoded(toPollBytes, 'poll', words)
  }

  gzippedPoll(words: Words): Promise<Buffer> {
    const said = this.#heard(words)
    const gzipped = this.#gzipped.get(said) ?? compress(this.poll(said))
    this.#gzipped.set(said, gzipped)
    return gzipped
  }

  #encoded(encode: (frames: readonly Frame[]) => Buffer, container: string, words: Words): Buffer {
    const said = this.#heard(words)
    const name = `${container} ${said}`
    const bytes =
      this.#bytes.get(name) ??
      encode([...this.#intent, ...this.#changes.map((change) => change[said]), ...this.#end])
    this.#bytes.set(name, bytes)
    return bytes
  }

  /** Where no patch is in it, all hear the same. */
  #heard(words: Words): Words {
    return this.#changes.some(({ whole, patched }) => whole !== patched) ? words : 'whole'
  }
}
