import type { DataSystem } from '../datasystem/data-system.ts'
import type { Context } from '../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE } from '../evaluation/detail.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import type { FlagReader } from '../evaluation/run.ts'
import type { Item } from '../model/change-set.ts'
import type { LazyReads } from '../store/lazy/lazy-reads.ts'
import type { Patterns } from './patterns.ts'
import type { WarnOnce } from './warn-once.ts'

export interface EvaluatorOptions {
  readonly dataSystem: DataSystem
  readonly gate: ReadinessGate
  readonly remarks: WarnOnce
  readonly patterns: Patterns
}

/** Evaluates one flag, wherever its data is. */
export class Evaluator {
  readonly #dataSystem: DataSystem
  readonly #gate: ReadinessGate
  readonly #remarks: WarnOnce
  readonly #patterns: Patterns

  constructor({ dataSystem, gate, remarks, patterns }: EvaluatorOptions) {
    this.#dataSystem = dataSystem
    this.#gate = gate
    this.#remarks = remarks
    this.#patterns = patterns
  }

  /** Evaluates from memory. If memory does not hold the data, the result has no variation. Never throws. */
  now(key: string, context: Context): Evaluation {
    const { lazy } = this.#dataSystem
    const fills = lazy?.fills
    if (lazy && fills === 'on demand') {
      lazy.noteUnansweredSync()
      this.#remarks.notInMemory()
      return NOT_READY
    }
    // There is a database that has the data, and it was not read yet.
    if (fills === 'soon') return this.#early()
    return this.#gate.open ? evaluate(this.#dataSystem, key, context) : NOT_READY
  }

  /** From the database. Never rejects: one that does not answer gives no variation. */
  async later(key: string, context: Context): Promise<Evaluation> {
    const { lazy } = this.#dataSystem
    if (!lazy) return this.now(key, context)
    try {
      const evaluation = await evaluateLazily({ reads: lazy, patterns: this.#patterns }, key, context)
      if (evaluation === NOT_READY) return this.#early()
      if (this.#dataSystem.awaitsConfirmation) this.#remarks.unconfirmed(() => lazy.ageMs)
      return evaluation
    } catch {
      // Memory may have been filled meanwhile, which ends all reading; otherwise the store's monitor has logged the reason.
      if (!this.#dataSystem.lazy) return this.now(key, context)
      this.#remarks.unreadable()
      return UNREADABLE
    }
  }

  #early(): Evaluation {
    this.#remarks.early()
    return NOT_READY
  }
}

export interface LazyParts {
  readonly reads: LazyReads
  readonly patterns: Patterns
}

/**
 * Evaluates with what a database holds: once with what is cached, and again after what was missing has been read, until
 * nothing is. Rejects with a {@link StoreError} when the database does not answer.
 */
async function evaluateLazily(
  { reads, patterns }: LazyParts,
  key: string,
  context: Context,
): Promise<Evaluation> {
  if (!(await reads.ready())) return NOT_READY
  const view = reads.view()
  let evaluation = evaluate(view, key, context)
  let hasEngine = false
  for (;;) {
    if (evaluation === NO_PATTERN_ENGINE && !hasEngine) {
      await patterns.load()
      hasEngine = true
    } else if (!view.complete) await view.fill()
    else break
    evaluation = evaluate(view, key, context)
  }
  const { reason } = evaluation
  const isUnknown = reason.kind === 'ERROR' && reason.errorKind === 'FLAG_NOT_FOUND'
  return isUnknown && (await reads.isEmpty()) ? NOT_READY : evaluation
}

interface ReadinessGateOptions {
  readonly dataSystem: Pick<DataSystem, 'initialized' | 'availability' | 'awaitsConfirmation' | 'savedAgeMs'>
  readonly remarks: WarnOnce
  /** A client that is offline on purpose never has data. */
  readonly offline: boolean
}

/** Whether there is data to evaluate. Asked at each evaluation, and cheap once there is data a source vouched for. */
export class ReadinessGate {
  readonly #options: ReadinessGateOptions
  /** Availability never falls, so this is asked for once. */
  #refreshed = false

  constructor(options: ReadinessGateOptions) {
    this.#options = options
  }

  get open(): boolean {
    return this.#refreshed || this.#look()
  }

  #look(): boolean {
    const { dataSystem, remarks, offline } = this.#options
    if (offline) return false
    if (!dataSystem.initialized) {
      remarks.early()
      return false
    }
    this.#refreshed = dataSystem.availability === 'refreshed'
    if (dataSystem.awaitsConfirmation) remarks.unconfirmed(() => dataSystem.savedAgeMs)
    return true
  }
}

/** The answer while there is nothing to evaluate with. */
export const NOT_READY: Evaluation = {
  value: undefined,
  variationIndex: null,
  reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' },
  prerequisites: [],
}

/** The answer when the database that has the data does not say it. */
export const UNREADABLE: Evaluation = {
  value: undefined,
  variationIndex: null,
  reason: { kind: 'ERROR', errorKind: 'EXCEPTION' },
  prerequisites: [],
}

/** Everything of one moment. */
export interface EveryFlag extends FlagReader {
  readonly flags: ReadonlyMap<string, Item>
}

export interface ReadParts {
  readonly dataSystem: DataSystem
  readonly patterns: Patterns
}

/** Everything there is to evaluate; `undefined` when there is nothing, or the database that has it does not answer. */
export async function readAll(
  { dataSystem, patterns }: ReadParts,
  gate: ReadinessGate,
): Promise<EveryFlag | undefined> {
  const { lazy } = dataSystem
  if (!lazy) return gate.open ? inMemory(dataSystem) : undefined
  try {
    return await inDatabase(lazy, patterns)
  } catch {
    // Memory may have been filled meanwhile, which ends all reading; otherwise the store's monitor has said why.
    return !dataSystem.lazy && gate.open ? inMemory(dataSystem) : undefined
  }
}

function inMemory(dataSystem: DataSystem): EveryFlag {
  const { flags } = dataSystem.snapshot()
  return { flags, flag: (key) => dataSystem.flag(key), segment: (key) => dataSystem.segment(key) }
}

async function inDatabase(lazy: LazyReads, patterns: Patterns): Promise<EveryFlag | undefined> {
  if (!(await lazy.ready())) return undefined
  const { flag: flags, segment: segments } = await lazy.all()
  if (flags.size + segments.size === 0 && (await lazy.isEmpty())) return undefined
  await patterns.prepareItems([...flags.values(), ...segments.values()])
  return { flags, flag: (key) => flags.get(key)?.object, segment: (key) => segments.get(key)?.object }
}
