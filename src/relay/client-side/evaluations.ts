import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../async/clock.ts'
import { type Evaluation, FLAG_NOT_FOUND } from '../../evaluation/detail.ts'
import { Patterns } from '../../evaluation/patterns.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import { Admission } from '../../server/admission.ts'
import { isGzippedFor } from '../../server/respond.ts'
import type { Audience } from '../addresses.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { ClientData } from './client-data.ts'
import type { ClientSide } from './client-side.ts'
import { type EvaluationTools, evaluateFlag, evaluateFlags, type Memberships } from './evaluated-flags.ts'
import type { AnswerSubject, EvaluationAnswer } from './evaluation-answer.ts'
import type { FlagForm } from './flag-encoder.ts'
import { BUSY, NOT_READY, NOT_SECURE, type ReadContext, type Refused } from './request-context.ts'
import { isSecureHash } from './secure-mode.ts'

export interface EvaluationsOptions {
  /** The present configuration, which a reload may change. */
  readonly config: () => EnvironmentConfig
  readonly clock: Clock
  readonly logger: Logger
  /** Aborts when the environment is being closed. */
  readonly closing: AbortSignal
  readonly shared: ClientSide
  readonly snapshot: () => Snapshot | undefined
  /** Returns the memberships for one request; `undefined` if the relay keeps no members of big segments. */
  readonly memberships: () => Memberships | undefined
}

/** The context of a request, whose text may not have been read yet. */
export interface ContextInput {
  /** The text of the request from which the context follows. */
  readonly text: string
  /** The hash of the context for secure mode; empty if the request has none. */
  readonly contextHash: string
  /** Reads the context. Called only if no answer to this text is known. */
  readonly read: () => ReadContext | Refused
}

/** A request for all flags that a client sees. */
export interface AllFlagsRequest extends ContextInput {
  readonly sdkRequest: Pick<SdkRequest, 'request' | 'audience' | 'span'>
  readonly form: FlagForm
  /** A text on which the answer depends in addition to form, audience and context. */
  readonly variant: string
  readonly build: (fragments: readonly string[], subject: AnswerSubject) => EvaluationAnswer
  /** Returns false for an answer of which the client needs no copy. */
  readonly isSent: (answer: EvaluationAnswer) => boolean
}

/** A request for one flag. */
export interface OneFlagRequest extends ContextInput {
  readonly sdkRequest: Pick<SdkRequest, 'audience' | 'span'>
  readonly form: FlagForm
  readonly key: string
}

/** The evaluation of one flag, with its JSON. The JSON is empty if there is no such flag. */
export interface EvaluatedFlag {
  readonly type: 'flag'
  readonly evaluation: Evaluation
  /** A name of the data that is unique in the process. */
  readonly revision: string
  readonly json: string
}

/** One evaluation of all flags for a context. */
interface PendingEvaluation {
  readonly data: ClientData
  readonly audience: Audience
  readonly form: FlagForm
  readonly context: ReadContext
  readonly build: AllFlagsRequest['build']
  readonly identity: string
  /** The key of the answer in the cache. */
  readonly key: string
}

/** Evaluates the flags of one environment for clients, within the limits that all protocols share. */
export class Evaluations {
  readonly #options: EvaluationsOptions
  readonly #patterns: Patterns
  /** Evaluations in progress, by the key of their answer. */
  readonly #pending = new Map<string, Promise<EvaluationAnswer | undefined>>()
  /** Limits the evaluations of many flags that take turns, and those that wait for memberships. */
  readonly #evaluating = new Admission()
  #data: ClientData | undefined

  constructor(options: EvaluationsOptions) {
    this.#options = options
    this.#patterns = new Patterns(options.logger)
  }

  /** Drops the data of the last evaluation when it has changed, so that it is not kept until the next request. */
  forget(): void {
    this.#data = undefined
  }

  /** Returns the answer with all flags that the client sees: from the cache, from an evaluation in progress, or a new one. */
  async all(flagsRequest: AllFlagsRequest): Promise<EvaluationAnswer | Refused> {
    const { sdkRequest, form, text, variant, contextHash, read, build, isSent } = flagsRequest
    const { request, audience, span } = sdkRequest
    const data = this.#current()
    if (data === undefined) return NOT_READY
    const { answers, unread, contexts } = this.#options.shared
    if (unread.isSpent) return BUSY
    const digest = hash('sha256', text, 'base64url')
    const identity = `${audience} ${form.protocol} ${form.withReasons} ${variant}${digest}`
    const key = `${data.revision} ${identity}`
    const isAllowed = (canonicalKey: string): boolean =>
      this.#isAllowed(audience, { canonicalKey, contextHash })
    const inProgress = this.#pending.get(key)
    // Without an evaluation in progress, nothing may be awaited before this one is registered.
    const known = answers.get(key) ?? (inProgress && (await inProgress))
    if (known !== undefined) return isAllowed(known.canonicalKey) ? known : NOT_SECURE
    const context = read()
    if (context.type === 'refused') return context
    if (!isAllowed(context.canonicalKey)) return NOT_SECURE
    if (!contexts.take(text.length)) return BUSY
    const endSpan = span.begin('relay.flags.evaluate')
    const evaluation = { data, audience, form, context, build, identity, key }
    const pending = this.#evaluateAll(evaluation, request, isSent).finally(endSpan)
    this.#pending.set(key, pending)
    try {
      return (await pending) ?? BUSY
    } finally {
      this.#pending.delete(key)
      contexts.release(text.length)
    }
  }

  /** Evaluates one flag. A flag that this kind of client does not see counts as missing. */
  async one({
    sdkRequest,
    form,
    key,
    text,
    contextHash,
    read,
  }: OneFlagRequest): Promise<EvaluatedFlag | Refused> {
    const { audience, span } = sdkRequest
    const data = this.#current()
    if (data === undefined) return NOT_READY
    const { unread, contexts } = this.#options.shared
    const context = read()
    if (context.type === 'refused') return context
    const { canonicalKey, prepared } = context
    if (!this.#isAllowed(audience, { canonicalKey, contextHash })) return NOT_SECURE
    const item = data.visibleItem(key, audience)
    const { revision } = data
    if (item === undefined) return { type: 'flag', evaluation: FLAG_NOT_FOUND, revision, json: '' }
    if (unread.isSpent || !contexts.take(text.length)) return BUSY
    const endSpan = span.begin('relay.flags.evaluate')
    try {
      const { memberships } = this.#options
      const input = { reader: data.reader, context: prepared, memberships: memberships() }
      const evaluation = await this.#inTurn(() => evaluateFlag(input, item.object, this.#tools))
      if (evaluation === undefined) return BUSY
      const json = this.#options.shared.encodersOf(form).of(item).encode(evaluation)
      return { type: 'flag', evaluation, revision, json }
    } finally {
      endSpan()
      contexts.release(text.length)
    }
  }

  #evaluateAll(
    evaluation: PendingEvaluation,
    request: IncomingMessage,
    isSent: AllFlagsRequest['isSent'],
  ): Promise<EvaluationAnswer | undefined> {
    return this.#inTurn(async () => {
      const answer = await this.#evaluateNow(evaluation)
      // Compressing takes more memory than the answer, so it is limited in the same way.
      if (isGzippedFor(answer, request) && isSent(answer)) await answer.gzipped()
      return answer
    })
  }

  /** Runs a task when it is its turn. Resolves with undefined if too many others wait. */
  async #inTurn<T>(run: () => Promise<T>): Promise<T | undefined> {
    const release = await this.#evaluating.acquire(new AbortController().signal)
    if (!release) return undefined
    try {
      return await run()
    } finally {
      release()
    }
  }

  async #evaluateNow(evaluation: PendingEvaluation): Promise<EvaluationAnswer> {
    const { data, audience, form, context, build, identity, key } = evaluation
    const { memberships, shared } = this.#options
    const { answers } = shared
    const { canonicalKey, prepared } = context
    const flags = data.visibleTo(audience, shared.encodersOf(form))
    const { fragments, usesBigSegments } = await evaluateFlags(
      { reader: data.reader, flags, context: prepared, memberships: memberships() },
      this.#tools,
    )
    const { version = 1 } = data.snapshot.selector ?? {}
    const subject = { canonicalKey, identity, version, onGrown: () => answers.measure(key) }
    const answer = build(fragments, subject)
    // Memberships can change without the data.
    if (!usesBigSegments) answers.set(key, answer)
    return answer
  }

  get #tools(): EvaluationTools {
    return { clock: this.#options.clock, patterns: this.#patterns }
  }

  /** Returns the data to evaluate, or undefined if there is none or the environment is being closed. */
  #current(): ClientData | undefined {
    const { snapshot, shared, closing } = this.#options
    const current = closing.aborted ? undefined : snapshot()
    if (current === undefined) return undefined
    if (this.#data?.snapshot !== current) this.#data = new ClientData(current, shared.nextRevision())
    return this.#data
  }

  /** Returns whether the context was approved by the server of the application, if the environment requires that. */
  #isAllowed(audience: Audience, { canonicalKey, contextHash }: ApprovedContext): boolean {
    const { clock } = this.#options
    const config = this.#options.config()
    if (audience !== 'browser' || config.secureMode !== true) return true
    return isSecureHash(contextHash, { canonicalKey, config, now: clock.now() })
  }
}

interface ApprovedContext {
  readonly canonicalKey: string
  readonly contextHash: string
}
