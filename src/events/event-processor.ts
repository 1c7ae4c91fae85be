import type { Clock } from '../async/clock.ts'
import { type Context, type PreparedContext, prepare } from '../evaluation/context.ts'
import { isExperiment } from '../evaluation/experiment.ts'
import { isSampled } from '../model/sampling.ts'
import { ContextFilter, type PrivacyOptions, withoutAnonymous } from './context-filter.ts'
import { contextEvent, customEvent, evaluationEvent, migrationEvent } from './event-output.ts'
import type { CustomRecord, EvaluationRecord, EventRecorder, MigrationRecord } from './event-recorder.ts'
import type { EventCause, EventWriter } from './event-writer.ts'
import { SeenContexts, type SeenContextsOptions } from './seen-contexts.ts'
import { Summary } from './summary.ts'

/** Options about the content of events. */
export interface EventContentOptions extends PrivacyOptions, SeenContextsOptions {
  /** Leaves anonymous contexts out of index and identify events. */
  readonly omitAnonymousContexts: boolean
}

export interface EventProcessorOptions {
  readonly content: EventContentOptions
  readonly writer: EventWriter
  readonly clock: Pick<Clock, 'now'>
  readonly random: () => number
  /** Returns the greatest time that the service has sent, in milliseconds since the Unix epoch; 0 before the first answer. */
  readonly serverTime: () => number
}

/**
 * Makes analytics events from the calls of a client. Most evaluations only increment a counter of the summary. Events become
 * JSON at once, because the application may change its objects afterwards.
 */
export class EventProcessor implements EventRecorder {
  readonly #omitAnonymous: boolean
  readonly #writer: EventWriter
  readonly #clock: Pick<Clock, 'now'>
  readonly #random: () => number
  readonly #serverTime: () => number
  readonly #filter: ContextFilter
  readonly #summary: Summary
  readonly #contexts: SeenContexts
  /** Contexts that cannot be written. Trying again at each evaluation would be slow. */
  readonly #unusable = new WeakSet<Context>()

  constructor({ content, writer, clock, random, serverTime }: EventProcessorOptions) {
    this.#omitAnonymous = content.omitAnonymousContexts
    this.#writer = writer
    this.#clock = clock
    this.#random = random
    this.#serverTime = serverTime
    this.#filter = new ContextFilter(content)
    this.#summary = new Summary((value) => writer.value(value))
    this.#contexts = new SeenContexts(content, clock.now())
  }

  evaluated(record: EvaluationRecord): void {
    if (!this.#writer.isOpen) return
    try {
      const now = this.#clock.now()
      const kinds = this.#contexts.kindsOfLast(record.context, now) ?? this.#enter(record, now)
      if (kinds !== undefined && !this.#summary.repeat(record, kinds, now))
        this.#evaluated(record, kinds, now)
    } catch (error) {
      // For example a getter of the context threw, or it is a Proxy that was revoked.
      this.#writer.failed('an evaluation', error)
    }
  }

  identified(context: Context): void {
    this.#withContext('identify', context, (prepared, now) => {
      const kept = this.#omitAnonymous ? withoutAnonymous(prepared) : prepared
      if (kept === undefined) return
      this.#contexts.seen(kept, now)
      this.#writeContext('identify', kept, { original: context, now })
    })
  }

  tracked({ key, context, data, metricValue }: CustomRecord): void {
    this.#withContext('track', context, (prepared, creationDate) => {
      this.#index(prepared, { original: context, now: creationDate })
      if (this.#isUnusable('track', context)) return
      this.#writer.write('track', () => {
        const filtered = this.#filter.filter(prepared, context, 'redacted')
        return customEvent({ creationDate, key, context: filtered, data, metricValue })
      })
    })
  }

  migrated({ context, samplingRatio, body }: MigrationRecord): void {
    if (!isSampled(samplingRatio, this.#random)) return
    this.#withContext('a migration', context, (prepared) => {
      this.#writer.write('a migration', () =>
        migrationEvent(body, this.#filter.filter(prepared, context, 'redacted'), samplingRatio),
      )
    })
  }

  /** Returns the summary of the evaluations since the last call as JSON; `undefined` if there were none. */
  takeSummary(): string | undefined {
    return this.#summary.take()
  }

  get hasSummary(): boolean {
    return !this.#summary.isEmpty
  }

  /** Returns the number of index events that were left out since the last call, because their context was known. */
  takeDuplicates(): number {
    return this.#contexts.takeDuplicates()
  }

  /** Returns the kinds of a context that differs from that of the last evaluation, after its index event. */
  #enter(record: EvaluationRecord, now: number): readonly string[] | undefined {
    const { context } = record
    const prepared = isReportable(record) ? prepare(context) : undefined
    if (prepared === undefined) return undefined
    const kinds = this.#contexts.kindsOf(prepared)
    this.#index(prepared, { original: context, now })
    // If anonymous contexts are left out, each context must be looked at.
    if (!this.#omitAnonymous) this.#contexts.setLast(context, kinds)
    return kinds
  }

  #evaluated(record: EvaluationRecord, kinds: readonly string[], now: number): void {
    if (!isReportable(record)) return
    const { context, evaluation, withReason } = record
    const { recorded } = evaluation
    if (recorded !== undefined) {
      for (const { key: required, evaluation: result, prereqOf } of recorded) {
        const part = { key: required, context, evaluation: result, defaultValue: null, withReason, prereqOf }
        this.#report(part, kinds, now)
      }
    }
    const isQuiet = this.#report(record, kinds, now) === 'counted'
    if (isQuiet && recorded === undefined) this.#summary.expectRepetition(record, kinds)
  }

  /** Counts an evaluation and writes its events. Returns `counted` if it can have no events. */
  #report(reported: EvaluationRecord, kinds: readonly string[], now: number): 'counted' | 'written' {
    const { flag, reason } = reported.evaluation
    const isExcluded = flag?.excludeFromSummaries === true
    if (!isExcluded) {
      if (this.#summary.isEmpty) this.#writer.summaryBegins()
      this.#summary.count(reported, kinds, now)
    }
    if (flag === undefined) return 'counted'
    const isTracked = flag.trackEvents === true || isExperiment(flag, reason)
    const debugUntil = flag.debugEventsUntilDate
    const mayDebug = typeof debugUntil === 'number' && debugUntil > 0
    if (isTracked) this.#writeEvaluation('feature', reported, now)
    if (mayDebug && debugUntil > Math.max(now, this.#serverTime()))
      this.#writeEvaluation('debug', reported, now)
    return isTracked || mayDebug || isExcluded ? 'written' : 'counted'
  }

  #writeEvaluation(kind: 'feature' | 'debug', reported: EvaluationRecord, creationDate: number): void {
    const { key, context: original, evaluation, defaultValue, withReason, prereqOf } = reported
    const { flag, value, variationIndex: variation, reason } = evaluation
    const samplingRatio = flag?.samplingRatio ?? 1
    if (flag === undefined || !isSampled(samplingRatio, this.#random)) return
    if (this.#isUnusable('an evaluation', original)) return
    this.#writer.write('an evaluation', () =>
      evaluationEvent({
        kind,
        creationDate,
        key,
        context: this.#filter.filter(
          prepare(original) as PreparedContext,
          original,
          kind === 'feature' ? 'redacted' : 'kept',
        ),
        value: variation === null ? defaultValue : value,
        variation,
        version: flag.version,
        defaultValue,
        reason: withReason || isExperiment(flag, reason) ? reason : undefined,
        prereqOf,
        samplingRatio,
      }),
    )
  }

  /** Writes an index event unless the context is remembered. */
  #index(prepared: PreparedContext, call: Call): void {
    const kept = this.#omitAnonymous ? withoutAnonymous(prepared) : prepared
    if (kept !== undefined && !this.#contexts.seen(kept, call.now)) this.#writeContext('index', kept, call)
  }

  #writeContext(kind: 'index' | 'identify', prepared: PreparedContext, { original, now }: Call): void {
    const cause = kind === 'index' ? 'an evaluation' : 'identify'
    if (this.#isUnusable(cause, original)) return
    const written = this.#writer.write(cause, () =>
      contextEvent(kind, now, this.#filter.filter(prepared, original, 'kept')),
    )
    if (written === 'unusable') this.#unusable.add(original)
  }

  /** Calls `work` with a valid context and the time of day. A call with an invalid context was refused by the client. */
  #withContext(
    cause: EventCause,
    context: Context,
    work: (prepared: PreparedContext, now: number) => void,
  ): void {
    if (!this.#writer.isOpen) return
    try {
      const prepared = prepare(context)
      if (prepared !== undefined) work(prepared, this.#clock.now())
    } catch (error) {
      this.#writer.failed(cause, error)
    }
  }

  #isUnusable(cause: EventCause, context: Context): boolean {
    const isUnusable = this.#unusable.has(context)
    if (isUnusable) this.#writer.lost(cause, 'its context cannot be written')
    return isUnusable
  }
}

interface Call {
  readonly original: Context
  readonly now: number
}

/** Returns whether an evaluation causes events. Without data, or with an invalid context or key, it causes none. */
function isReportable({ key, evaluation: { reason, flag } }: EvaluationRecord): boolean {
  if (typeof key !== 'string') return false
  return flag !== undefined || (reason.kind === 'ERROR' && reason.errorKind === 'FLAG_NOT_FOUND')
}
