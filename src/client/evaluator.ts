import type { BigSegments } from '../big-segments/big-segments.ts'
import { cachedMemberships, PinnedMemberships, withMemberships } from '../big-segments/memberships.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import { type Evaluation, NOT_READY } from '../evaluation/detail.ts'
import { type evaluate, evaluatePrepared } from '../evaluation/evaluate.ts'
import type { Patterns } from '../evaluation/patterns.ts'
import type { FlagReader, MembershipReader } from '../evaluation/run.ts'
import type { Item } from '../model/change-set.ts'
import { evaluationWith, itemsWith } from '../overrides/overlaid-reader.ts'
import type { Overrides } from '../overrides/overrides.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import { DatabaseEvaluator } from './database-evaluator.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'

export interface EvaluatorOptions {
  readonly dataSystem: DataSystem
  readonly bigSegments: BigSegments | undefined
  readonly overrides: Overrides | undefined
  readonly patterns: Patterns
  readonly warnings: EvaluationWarnings
  /** The evaluation, which may record more than its result. */
  readonly evaluate: typeof evaluate
  /** Makes every evaluation return {@link NOT_READY}, without a warning. */
  readonly offline: boolean
}

/** All flags and segments at one moment. */
export interface AllFlags {
  readonly flags: ReadonlyMap<string, Item>
  readonly reader: FlagReader
  /** Evaluates one of the flags for a prepared context. */
  readonly evaluate: typeof evaluatePrepared
}

/**
 * Evaluates flags with the data that the client has: in memory, or in a database that is read lazily until memory is filled.
 * Never throws and never rejects; a failure becomes a warning and an evaluation without a variation.
 */
export class Evaluator {
  readonly #dataSystem: DataSystem
  readonly #bigSegments: BigSegments | undefined
  /** The data in memory, with the memberships that are cached. */
  readonly #inMemory: FlagReader
  /** The data in memory. A membership that is not cached counts as a failed query. */
  readonly #withoutWaiting: FlagReader
  readonly #overrides: Overrides | undefined
  readonly #inDatabase: DatabaseEvaluator
  readonly #warnings: EvaluationWarnings
  readonly #offline: boolean
  readonly #evaluate: typeof evaluate
  /** Cached, because availability never falls and this is read at each evaluation. */
  #refreshed = false

  constructor(options: EvaluatorOptions) {
    const { dataSystem, bigSegments, overrides, patterns, warnings, offline } = options
    this.#dataSystem = dataSystem
    this.#bigSegments = bigSegments
    this.#overrides = overrides
    this.#inMemory = withMemberships(dataSystem, bigSegments)
    this.#withoutWaiting = withMemberships(
      dataSystem,
      bigSegments && cachedMemberships(bigSegments, () => warnings.membershipNotCached()),
    )
    this.#warnings = warnings
    this.#offline = offline
    this.#evaluate = overrides ? overrides.around(options.evaluate) : options.evaluate
    this.#inDatabase = new DatabaseEvaluator({
      dataSystem,
      bigSegments,
      overrides,
      patterns,
      warnings,
      evaluate: this.#evaluate,
      whenFilled: (key, context) => this.later(key, context),
    })
  }

  /** Returns whether there is data for the evaluation of a flag, or the flag is overridden. */
  hasDataFor(key: string): boolean {
    return this.#dataSystem.initialized || this.#isOverridden(key)
  }

  /** Returns true while evaluations may have to read a database, which only {@link later} can. */
  get mayRead(): boolean {
    return this.#bigSegments !== undefined || this.#dataSystem.lazy !== undefined
  }

  /** Evaluates a flag with the data in memory. */
  now(key: string, context: Context): Evaluation {
    const { lazy } = this.#dataSystem
    if (lazy !== undefined && lazy.fills !== 'with the service') return this.#unanswered(lazy)
    if (!this.#refreshed && !this.#isOverridden(key) && !this.#isReady()) return NOT_READY
    const evaluation = this.#evaluate(this.#withoutWaiting, key, context)
    this.#warnings.check(key, context, evaluation)
    return evaluation
  }

  /**
   * Evaluates a flag with the data in the databases, or in memory if that is filled. Returns a promise only if a database
   * must be read.
   */
  later(key: string, context: Context): Evaluation | Promise<Evaluation> {
    const { lazy } = this.#dataSystem
    if (lazy) return this.#inDatabase.evaluate(lazy, key, context)
    if (!this.#refreshed && !this.#isOverridden(key) && !this.#isReady()) return NOT_READY
    const evaluation = this.#evaluate(this.#inMemory, key, context)
    if (evaluation.missingMembership !== undefined)
      return this.#withMissing(evaluation.missingMembership, key, context)
    this.#warnings.check(key, context, evaluation)
    return evaluation
  }

  /**
   * Returns all flags, from memory or from the database; `undefined` if there is no data or the database fails.
   *
   * @param memberships - the memberships to evaluate big segments with, from {@link pinned}.
   */
  async all(memberships?: PinnedMemberships): Promise<AllFlags | undefined> {
    const { lazy } = this.#dataSystem
    if (!lazy) return this.#allInMemory(memberships)
    try {
      return await this.#allInDatabase(lazy, memberships)
    } catch {
      // As above: memory may have been filled meanwhile.
      return this.#dataSystem.lazy ? undefined : this.#allInMemory(memberships)
    }
  }

  /** Returns the memberships for one evaluation; `undefined` without a store of big segments. */
  pinned(): PinnedMemberships | undefined {
    return this.#bigSegments && new PinnedMemberships(this.#bigSegments)
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

  /** Evaluates again after each query of a missing membership: one for each kind of the context at most. */
  async #withMissing(missing: string, key: string, context: Context): Promise<Evaluation> {
    const memberships = this.pinned()
    const reader = withMemberships(this.#dataSystem, memberships)
    let evaluation: Evaluation
    let next: string | undefined = missing
    do {
      await memberships?.query(next)
      evaluation = this.#evaluate(reader, key, context)
      next = evaluation.missingMembership
    } while (next !== undefined)
    this.#warnings.check(key, context, evaluation)
    return evaluation
  }

  #isOverridden(key: string): boolean {
    return this.#overrides?.has('flag', key) === true
  }

  #allInMemory(memberships: MembershipReader | undefined): AllFlags | undefined {
    if (!this.#refreshed && !this.#isReady()) return undefined
    const { flags, segments } = this.#dataSystem.snapshot()
    return this.#allOf(flags, segments, memberships)
  }

  async #allInDatabase(
    lazy: LazyReads,
    memberships: MembershipReader | undefined,
  ): Promise<AllFlags | undefined> {
    if (!(await lazy.ready())) return undefined
    const { flag: flags, segment: segments } = await lazy.all()
    if (flags.size + segments.size === 0 && (await lazy.isEmpty())) return undefined
    return this.#allOf(flags, segments, memberships)
  }

  /** Pins the overrides too, because the evaluation of all flags pauses, and a change must not affect a part of it. */
  #allOf(
    flags: ReadonlyMap<string, Item>,
    segments: ReadonlyMap<string, Item>,
    memberships: MembershipReader | undefined,
  ): AllFlags {
    const reader: FlagReader = {
      flag: (key) => flags.get(key)?.object,
      segment: (key) => segments.get(key)?.object,
      ...(memberships && { memberships }),
    }
    const overriding = this.#overrides?.pinned()
    if (overriding === undefined) return { flags, reader, evaluate: evaluatePrepared }
    return {
      flags: itemsWith(overriding.all('flag'), flags),
      reader,
      evaluate: evaluationWith(overriding, evaluatePrepared),
    }
  }
}
