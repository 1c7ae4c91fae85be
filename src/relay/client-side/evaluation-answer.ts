import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip, type ZlibOptions } from 'node:zlib'
import { encodeChangeSet } from '../../protocol/encoder.ts'
import type { Selector } from '../../selector/selector.ts'
import { frameOf } from '../../server/answer.ts'
import type { SharedBody } from '../../server/respond.ts'
import type { Sized } from './answer-cache.ts'

const gzipAsync: (bytes: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(gzip)

/** Most answers are sent few times. The default level saves a fifth of the bytes for three times the processor time. */
const compress = (bytes: Buffer): Promise<Buffer> => gzipAsync(bytes, { level: 1 })

/** The evaluated flags of one context, as a body that is compressed at most once. */
export class EvaluationAnswer implements SharedBody, Sized {
  readonly bytes: Buffer
  readonly etag: string
  /** The canonical key of the context. */
  readonly canonicalKey: string
  /** The state that the client has after this answer, for FDv2. */
  readonly target: Selector
  readonly type = 'answer' as const
  readonly #onGrown: () => void
  #gzippedBytes = 0
  #gzipped: Promise<Buffer> | undefined

  constructor({ json, name, canonicalKey, version, onGrown }: AnswerParts) {
    this.bytes = Buffer.from(json)
    this.etag = `"${name}"`
    this.canonicalKey = canonicalKey
    this.target = { state: name, version }
    this.#onGrown = onGrown
  }

  get size(): number {
    return this.bytes.length + this.#gzippedBytes + 2 * this.canonicalKey.length
  }

  gzipped(): Promise<Buffer> {
    this.#gzipped ??= this.#compress()
    return this.#gzipped
  }

  async #compress(): Promise<Buffer> {
    const bytes = await compress(this.bytes)
    this.#gzippedBytes = bytes.length
    this.#onGrown()
    return bytes
  }
}

interface AnswerParts extends Omit<AnswerSubject, 'identity'> {
  readonly json: string
  readonly name: string
}

/** The inputs of an answer in addition to the evaluated flags. */
export interface AnswerSubject {
  readonly canonicalKey: string
  /** A text that differs between contexts, kinds of credential, and requests with and without reasons. */
  readonly identity: string
  /** The version of the data. */
  readonly version: number
  /** Called when the answer takes more memory than before. */
  readonly onGrown: () => void
}

/** Returns the body for FDv1: an object of all flags. */
export function fdv1Answer(fragments: readonly string[], subject: AnswerSubject): EvaluationAnswer {
  const json = `{${fragments.join()}}`
  return new EvaluationAnswer({ ...subject, json, name: hash('sha256', json, 'base64url') })
}

/**
 * Returns the body for FDv2: a full payload. The state is a name of the content for this context, so that a client whose
 * context has changed cannot receive `none` for the state of the former one.
 */
export function fdv2Answer(fragments: readonly string[], subject: AnswerSubject): EvaluationAnswer {
  const { identity, version } = subject
  const name = `halyard-eval:${hash('sha256', `${identity}\n${fragments.join()}`, 'base64url')}`
  const envelope = envelopeOf('full', { state: name, version })
  const puts = fragments.map((json) => `{"event":"put-object","data":{"version":${version},${json}`)
  const json = `{"events":[${[envelope[0], ...puts, ...envelope.slice(1)].join()}]}`
  return new EvaluationAnswer({ ...subject, json, name })
}

/** Returns the body for an FDv2 client that has the content of this answer already. */
export function upToDateBody({ etag, target }: EvaluationAnswer): SharedBody {
  const bytes = Buffer.from(`{"events":[${envelopeOf('none', target).join()}]}`)
  return { etag, bytes, gzipped: () => compress(bytes) }
}

function envelopeOf(type: 'full' | 'none', target: Selector): readonly string[] {
  const reason = type === 'full' ? 'payload-missing' : 'up-to-date'
  return encodeChangeSet({ type, changes: [] }, { id: 'halyard', target, reason })
    .map(frameOf)
    .map(({ event, json }) => `{"event":"${event}","data":${json}}`)
}
