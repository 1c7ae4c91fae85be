import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../async/clock.ts'
import { Patterns } from '../../evaluation/patterns.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import { Admission } from '../../server/admission.ts'
import type { StreamSettings } from '../../server/event-stream.ts'
import { isCurrent, isGzippedFor, refuseWithMessage, respondWithJson } from '../../server/respond.ts'
import type { TrafficCounter } from '../../server/traffic.ts'
import type { Audience } from '../addresses.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { ClientData } from './client-data.ts'
import type { ClientSide } from './client-side.ts'
import { evaluateFlags, type Memberships } from './evaluated-flags.ts'
import { type EvaluationAnswer, fdv1Answer, fdv2Answer, upToDateBody } from './evaluation-answer.ts'
import type { FlagForm } from './flag-encoder.ts'
import type { ByteBudget } from './request-body.ts'
import {
  type ContextText,
  parseContext,
  type ReadContext,
  type Refused,
  readContextText,
} from './request-context.ts'
import { isSecureHash } from './secure-mode.ts'

export interface EvaluationServiceOptions {
  /** The present configuration, which a reload may change. */
  readonly config: () => EnvironmentConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly traffic: TrafficCounter
  readonly settings: StreamSettings
  readonly shared: ClientSide
  readonly snapshot: () => Snapshot | undefined
  /** Returns the memberships for one request; `undefined` if the relay keeps no members of big segments. */
  readonly memberships: () => Memberships | undefined
}

/** One evaluation of all flags for a context. */
interface Evaluation {
  readonly data: ClientData
  readonly audience: Audience
  readonly form: FlagForm
  readonly context: ReadContext
  readonly identity: string
  /** The key of the answer in the cache. */
  readonly key: string
}

/** Serves the evaluated flags of one environment to clients that do not evaluate flags themselves. */
export class EvaluationService {
  readonly #options: EvaluationServiceOptions
  readonly #patterns: Patterns
  /** Evaluations in progress, by the key of their answer. */
  readonly #pending = new Map<string, Promise<EvaluationAnswer | undefined>>()
  /** Limits the evaluations of many flags that take turns, and those that wait for memberships. */
  readonly #evaluating = new Admission()
  #data: ClientData | undefined

  constructor(options: EvaluationServiceOptions) {
    this.#options = options
    this.#patterns = new Patterns(options.logger)
  }

  /** Answers a request for evaluated flags over FDv1 or FDv2. */
  async answer(sdkRequest: SdkRequest): Promise<void> {
    const { request, response, target } = sdkRequest
    const { shared, settings, traffic } = this.#options
    const text = await readContextText(sdkRequest, shared.bodyLimit)
    if (text === undefined) return
    const query = new URLSearchParams(target.query)
    const answer = text.type === 'text' ? await this.#answerTo(sdkRequest, query, text) : text
    if (answer.type === 'refused') return refuseWithMessage(response, answer.status, answer.message)
    const body = query.get('basis') === answer.target.state ? upToDateBody(answer) : answer
    const bytes = await respondWithJson(body, request, response, { ...settings, scope: 'private' })
    holdUnread(shared.unread, response, bytes)
    if (bytes > 0 && body === answer) traffic.add({ evaluations: 1, bytesSent: bytes })
    else traffic.recordAnswer('none', bytes, answer.bytes.length)
  }

  /** Drops the data of the last evaluation when it has changed, so that it is not kept until the next request. */
  forget(): void {
    this.#data = undefined
  }

  async #answerTo(
    { request, audience, address, span }: SdkRequest,
    query: URLSearchParams,
    text: ContextText,
  ): Promise<EvaluationAnswer | Refused> {
    const data = this.#current()
    if (data === undefined) return NOT_READY
    const { answers, unread } = this.#options.shared
    if (unread.isSpent) return BUSY
    const protocol = address.service === 'evaluation' ? 'fdv1' : 'fdv2'
    const form: FlagForm = { protocol, withReasons: query.get('withReasons') === 'true' }
    const digest = hash('sha256', text.json, 'base64url')
    const identity = `${audience} ${protocol} ${form.withReasons} ${digest}`
    const key = `${data.revision} ${identity}`
    const isAllowed = (canonicalKey: string): boolean =>
      audience !== 'browser' || this.#isSecure(canonicalKey, query.get('h') ?? '')
    const inProgress = this.#pending.get(key)
    // Without an evaluation in progress, nothing may be awaited before this one is registered.
    const known = answers.get(key) ?? (inProgress && (await inProgress))
    if (known !== undefined) return isAllowed(known.canonicalKey) ? known : NOT_SECURE
    const context = parseContext(text)
    if (context.type === 'refused') return context
    if (!isAllowed(context.canonicalKey)) return NOT_SECURE
    const evaluation = { data, audience, form, context, identity, key }
    const { contexts } = this.#options.shared
    if (!contexts.take(text.json.length)) return BUSY
    const endSpan = span.begin('relay.flags.evaluate')
    const isSent = (answer: EvaluationAnswer): boolean =>
      query.get('basis') !== answer.target.state && !isCurrent(answer, request)
    const pending = this.#evaluate(evaluation, request, isSent).finally(endSpan)
    this.#pending.set(key, pending)
    try {
      return (await pending) ?? BUSY
    } finally {
      this.#pending.delete(key)
      contexts.release(text.json.length)
    }
  }

  /** Waits for its turn. Resolves with undefined if too many others wait. */
  async #evaluate(
    evaluation: Evaluation,
    request: IncomingMessage,
    isSent: (answer: EvaluationAnswer) => boolean,
  ): Promise<EvaluationAnswer | undefined> {
    const release = await this.#evaluating.acquire(new AbortController().signal)
    if (!release) return undefined
    try {
      const answer = await this.#evaluateNow(evaluation)
      // Compressing takes more memory than the answer, so it is limited in the same way.
      if (isGzippedFor(answer, request) && isSent(answer)) await answer.gzipped()
      return answer
    } finally {
      release()
    }
  }

  async #evaluateNow(evaluation: Evaluation): Promise<EvaluationAnswer> {
    const { data, audience, form, context, identity, key } = evaluation
    const { memberships, shared, clock } = this.#options
    const { answers } = shared
    const { canonicalKey, prepared } = context
    const flags = data.visibleTo(audience, shared.encodersOf(form))
    const { fragments, usesBigSegments } = await evaluateFlags(
      { reader: data.reader, flags, context: prepared, memberships: memberships() },
      { clock, patterns: this.#patterns },
    )
    const { version = 1 } = data.snapshot.selector ?? {}
    const subject = { canonicalKey, identity, version, onGrown: () => answers.measure(key) }
    const build = form.protocol === 'fdv1' ? fdv1Answer : fdv2Answer
    const answer = build(fragments, subject)
    // Memberships can change without the data.
    if (!usesBigSegments) answers.set(key, answer)
    return answer
  }

  /** Returns the data to evaluate, or undefined if there is none or the environment is being closed. */
  #current(): ClientData | undefined {
    const { snapshot, shared, settings } = this.#options
    const current = settings.closing.aborted ? undefined : snapshot()
    if (current === undefined) return undefined
    if (this.#data?.snapshot !== current) this.#data = new ClientData(current, shared.nextRevision())
    return this.#data
  }

  /** Returns whether the context was approved by the server of the application, if the environment requires that. */
  #isSecure(canonicalKey: string, contextHash: string): boolean {
    const { clock } = this.#options
    const config = this.#options.config()
    return config.secureMode !== true || isSecureHash(contextHash, { canonicalKey, config, now: clock.now() })
  }
}

const NOT_READY: Refused = { type: 'refused', status: 503, message: 'the environment has no data yet' }

const BUSY: Refused = {
  type: 'refused',
  status: 503,
  message: 'too many contexts are being evaluated, or too many answers wait for slow clients',
}

const NOT_SECURE: Refused = {
  type: 'refused',
  status: 400,
  message:
    'secure mode: the parameter h is missing or is not the hash of this context by an SDK key of the environment',
}

/** Counts an answer against the budget until a client that is slow has read it. */
function holdUnread(budget: ByteBudget, response: ServerResponse, bytes: number): void {
  if (response.writableLength === 0 || response.destroyed) return
  budget.overdraw(bytes)
  response.once('close', () => budget.release(bytes))
}
