import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ChangeSet } from '../model/change-set.ts'
import { encodeChangeSet } from '../protocol/encoder.ts'
import type { Selector } from '../selector/selector.ts'
import { type Frame, frameOf, toPollBytes, toStreamBytes } from './frame.ts'

export type Reason = 'payload-missing' | 'cant-catchup' | 'stale' | 'up-to-date'

/** Where the data stands. */
export interface Target extends Selector {
  /** The state, or a name that never leaves this process where there is none. */
  readonly position: string
}

export interface AnswerParts {
  readonly type: ChangeSet['type']
  readonly reason: Reason
  /** Where the client stands once it has applied the answer. */
  readonly target: Target
  readonly changes: readonly Frame[]
}

const PAYLOAD_ID = 'halyard'
const compress: (bytes: Buffer) => Promise<Buffer> = promisify(gzip)

/** What is said to a client, encoded at most once per container however many clients are told. */
export class Answer {
  readonly type: ChangeSet['type']
  readonly target: Target
  readonly #frames: readonly Frame[]
  #stream: Buffer | undefined
  #poll: Buffer | undefined
  #gzippedPoll: Promise<Buffer> | undefined

  constructor({ type, reason, target, changes }: AnswerParts) {
    const envelope = encodeChangeSet({ type, changes: [] }, { id: PAYLOAD_ID, target, reason }).map(frameOf)
    this.type = type
    this.target = target
    this.#frames = [...envelope.slice(0, 1), ...changes, ...envelope.slice(1)]
  }

  /** Changes whenever the data does; absent where nothing names the state of the data. */
  get etag(): string | undefined {
    const { state } = this.target
    return state === '' ? undefined : `"${createHash('sha256').update(state).digest('base64url')}"`
  }

  stream(): Buffer {
    this.#stream ??= toStreamBytes(this.#frames)
    return this.#stream
  }

  poll(): Buffer {
    this.#poll ??= toPollBytes(this.#frames)
    return this.#poll
  }

  gzippedPoll(): Promise<Buffer> {
    this.#gzippedPoll ??= compress(this.poll())
    return this.#gzippedPoll
  }
}
