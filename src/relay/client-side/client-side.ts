import type { RelayConfig } from '../config/relay-config.ts'
import { AnswerCache } from './answer-cache.ts'
import type { EvaluationAnswer } from './evaluation-answer.ts'
import { FlagEncoders, type FlagForm } from './flag-encoder.ts'
import { type BodyLimit, ByteBudget } from './request-body.ts'

/** Default memory for the answers of all environments, in bytes. */
const MAX_ANSWER_BYTES = 64 * 1_024 * 1_024

/** Memory for all request bodies that are being read, in bytes. */
const MAX_BODY_BYTES = 64 * 1_024 * 1_024

/** Memory for all answers that clients have not read yet, in bytes. */
const MAX_UNREAD_BYTES = 256 * 1_024 * 1_024

interface ClientSideLimits {
  readonly maxAnswerBytes?: number
  readonly maxUnreadBytes?: number
}

/** The part of a relay that its environments share to serve browsers and mobile SDKs. */
export class ClientSide {
  readonly answers: AnswerCache<EvaluationAnswer>
  readonly bodyLimit: BodyLimit
  /** Memory for contexts that are being evaluated, by the length of their text. */
  readonly contexts: ByteBudget = new ByteBudget(MAX_BODY_BYTES)
  /** Memory for answers that clients have not read yet. */
  readonly unread: ByteBudget
  readonly #encoders = new Map<string, FlagEncoders>()
  #revisions = 0

  constructor(
    { maxClientBodyBytes }: Pick<RelayConfig, 'maxClientBodyBytes'>,
    { maxAnswerBytes = MAX_ANSWER_BYTES, maxUnreadBytes = MAX_UNREAD_BYTES }: ClientSideLimits = {},
  ) {
    this.unread = new ByteBudget(maxUnreadBytes)
    this.answers = new AnswerCache(maxAnswerBytes)
    this.bodyLimit = { maxBytes: maxClientBodyBytes, memory: new ByteBudget(MAX_BODY_BYTES) }
  }

  /** Returns a name for data that no other data of the relay has. */
  nextRevision(): string {
    this.#revisions++
    return String(this.#revisions)
  }

  /** Returns the encoders of a form, which all environments share. */
  encodersOf(form: FlagForm): FlagEncoders {
    const name = `${form.protocol} ${form.withReasons}`
    const encoders = this.#encoders.get(name) ?? new FlagEncoders(form)
    this.#encoders.set(name, encoders)
    return encoders
  }
}
