import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE } from '../evaluation/detail.ts'
import { evaluate, evaluateRecorded } from '../evaluation/evaluate.ts'
import type { FlagReader } from '../evaluation/run.ts'
import type { EventRecorder } from '../events/event-recorder.ts'
import type { Item } from '../model/change-set.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'
import type { Patterns } from './patterns.ts'

export interface EvaluatorOptions {
  readonly dataSystem: DataSystem
  readonly patterns: Patterns
  readonly warnings: EvaluationWarnings
  /** Receives evaluations for analytics events; `undefined` if events are off. */
  readonly recorder: EventRecorder | undefined
  /** Makes every evaluation return {@link NOT_READY}, without a warning. */
  readonly offline: boolean
}

/** All flags at one moment, and a reader for them and their segments. */
export interface AllFlags extends FlagReader {
  readonly flags: ReadonlyMap<string, Item>
}

/**
 * Evaluates flags with the data that the client has: in memory, or in a database that is read lazily until memory is filled.
 * Never throws and never rejects; a failure becomes a warning and an evaluation without a variation.
 */
export class Evaluator {
  readonly #dataSystem: DataSystem
  readonly #patterns: Patterns
  readonly #warnings: EvaluationWarnings
  readonly #offline: boolean
  readonly #evaluate: typeof evaluate
  /** Cached, because availability never falls and this is read at each evaluation. */
  #refreshed = false

  constructor({ dataSystem, patterns, warnings, recorder, offline }: EvaluatorOptions) {
    this.#dataSystem = dataSystem
    this.#patterns = patterns
    this.#warnings = warnings
    this.#offline = offline
    this.#evaluate = recorder === undefined ? evaluate : evaluateRecorded
  }

  /** Returns true while evaluations must read a database, which only {@link later} can. */
  get isLazy(): boolean {
    return this.#dataSystem.lazy !== undefined
  }

  /** Evaluates a flag with the data in memory. */
  now(key: string, context: Context): Evaluation {
    const { lazy } = this.#dataSystem
    if (lazy !== undefined && lazy.fills !== 'with the service') return this.#unanswered(lazy)
    if (!this.#refreshed && !this.#isReady()) return NOT_READY
    const evaluation = this.#evaluate(this.#dataSystem, key, context)
    this.#warnings.check(key, context, evaluation)
    return evaluation
  }

  /** Evaluates a flag with the data in the database, or in memory if that is filled. */
  async later(key: string, context: Context): Promise<Evaluation> {
    const { lazy } = this.#dataSystem
    if (!lazy) return this.now(key, context)
    try {
      const evaluation = await this.#read(lazy, key, context)
      if (evaluation === NOT_READY) {
        this.#warnings.notReady()
        return NOT_READY
      }
      if (this.#dataSystem.awaitsConfirmation) this.#warnings.unconfirmed(() => lazy.ageMs)
      this.#warnings.check(key, context, evaluation)
      return evaluation
    } catch {
      // A source may have filled memory meanwhile, which cancels reads. Otherwise the store's monitor has logged the reason.
      if (!this.#dataSystem.lazy) return this.now(key, context)
      this.#warnings.unreadable()
      return UNREADABLE
    }
  }

  /** Returns all flags, from memory or from the database; `undefined` if there is no data or the database fails. */
  async all(): Promise<AllFlags | undefined> {
    const { lazy } = this.#dataSystem
    if (!lazy) return this.#inMemory()
    try {
      return await this.#inDatabase(lazy)
    } catch {
      // As above: memory may have been filled meanwhile.
      return this.#dataSystem.lazy ? undefined : this.#inMemory()
    }
  }

  /** Returns whether memory holds data to evaluate, and warns if it does not or if no source has confirmed it. */
  #isReady(): boolean {
    if (this.#offline) return false
    const dataSystem = this.#dataSystem
    if (!dataSystem.initialized) {
      this.#warnings.notReady()
      return false
    }
    this.#refreshed = dataSystem.availability === 'refreshed'
    if (dataSystem.awaitsConfirmation) this.#warnings.unconfirmed(() => dataSystem.savedAgeMs)
    return true
  }

  /** The data is in a database, and a synchronous evaluation cannot wait for it. */
  #unanswered(lazy: LazyReads): Evaluation {
    if (lazy.fills === 'on demand') {
      lazy.noteUnansweredSync()
      this.#warnings.notInMemory()
    } else this.#warnings.notReady()
    return NOT_READY
  }

  /**
   * Evaluates with what is cached, and repeats that after each read of missing flags and segments until none is missing.
   * Rejects with a {@link StoreError} if the database fails.
   */
  async #read(reads: LazyReads, key: string, context: Context): Promise<Evaluation> {
    if (!(await reads.ready())) return NOT_READY
    const view = reads.view()
    let evaluation = this.#evaluate(view, key, context)
    let hasEngine = false
    for (;;) {
      if (evaluation === NO_PATTERN_ENGINE && !hasEngine) {
        await this.#patterns.load()
        hasEngine = true
      } else if (!view.complete) await view.fill()
      else break
      evaluation = this.#evaluate(view, key, context)
    }
    const { reason } = evaluation
    const isUnknown = reason.kind === 'ERROR' && reason.errorKind === 'FLAG_NOT_FOUND'
    return isUnknown && (await reads.isEmpty()) ? NOT_READY : evaluation
  }

  #inMemory(): AllFlags | undefined {
    if (!this.#refreshed && !this.#isReady()) return undefined
    const dataSystem = this.#dataSystem
    const { flags } = dataSystem.snapshot()
    return { flags, flag: (key) => dataSystem.flag(key), segment: (key) => dataSystem.segment(key) }
  }

  async #inDatabase(lazy: LazyReads): Promise<AllFlags | undefined> {
    if (!(await lazy.ready())) return undefined
    const listing = await lazy.all()
    const { flag: flags, segment: segments } = listing
    if (flags.size + segments.size === 0 && (await lazy.isEmpty())) return undefined
    await this.#patterns.prepareListing(listing)
    return { flags, flag: (key) => flags.get(key)?.object, segment: (key) => segments.get(key)?.object }
  }
}

/** The evaluation while there is no data. */
export const NOT_READY: Evaluation = {
  value: undefined,
  variationIndex: null,
  reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' },
  prerequisites: [],
}

/** The evaluation if the database that has the data cannot be read. */
const UNREADABLE: Evaluation = {
  value: undefined,
  variationIndex: null,
  reason: { kind: 'ERROR', errorKind: 'EXCEPTION' },
  prerequisites: [],
}
