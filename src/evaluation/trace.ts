import { errorText } from '../model/error-text.ts'
import type { Bucketing } from './attribute.ts'
import type { CompiledClause, Match } from './clause.ts'
import type { CompiledFlag, CompiledPrerequisite, CompiledTarget } from './compiled-flag.ts'
import { type PreparedContext, partOf } from './context.ts'
import type { BigSegmentsStatus, Evaluation } from './detail.ts'
import { append, appendRest, emptyList, type GrowingList, shortened, shown } from './excerpt.ts'
import type { ExplainedClause, ExplainedSegment, ExplainedSegmentRule } from './explained-clause.ts'
import {
  explainedBucket,
  explainedClause,
  explainedRollout,
  explainedSegment,
  explainedTarget,
  identified,
  MALFORMED_TARGET,
  outcomeOf,
  skippedClause,
  skippedSegment,
  type TracedSegment,
} from './explained-parts.ts'
import type { ExplainedPrerequisite, Explanation } from './explanation.ts'
import type { Split } from './rollout.ts'
import type { FlagReader } from './run.ts'
import type { CompiledSegment } from './segments.ts'
import { resultOf, stepsBefore, stepsOf, type TracedFlag, tracedFlag } from './traced-flag.ts'

/** The most parts, for example clauses, of one explanation. After that a list gets at most one further element, the last. */
const MAX_PARTS = 5_000

/** The clauses of one rule, and the segments of its current clause. */
interface TracedClauses {
  readonly source: readonly (CompiledClause | undefined)[]
  readonly clauses: GrowingList<ExplainedClause>
  segments: GrowingList<ExplainedSegment>
}

/**
 * Records the steps of one evaluation, which reports each step as it takes it. Flags, lists of clauses, and segments are
 * nested, so a report belongs to the innermost one that was entered and not left.
 */
export class Trace {
  readonly #reader: FlagReader
  readonly #flags: TracedFlag[] = []
  readonly #clauses: TracedClauses[] = []
  readonly #segments: TracedSegment[] = []
  #problem: string | undefined
  /** The value that the current clause or rollout has read. */
  #seen: unknown
  /** The rollout of the current rule of a segment. */
  #share: ExplainedSegmentRule['rollout']
  #parts = 0

  constructor(reader: FlagReader) {
    this.#reader = reader
  }

  /** Returns the explanation of the flag that was evaluated; `undefined` if none was. */
  explanation(key: string, evaluation: Evaluation): Explanation | undefined {
    const [traced] = this.#flags
    if (traced === undefined) return undefined
    return {
      ...this.#explained(key, evaluation, traced),
      ...(this.#problem !== undefined && { steps: stepsBefore(this.#problem, traced) }),
      ...(this.#parts > MAX_PARTS && { truncated: true }),
    }
  }

  failed(error: unknown): void {
    this.#problem = `The evaluation failed: ${shortened(errorText(error))}`
  }

  enterFlag({ flag }: CompiledFlag): void {
    this.#flags.push(tracedFlag(flag))
  }

  skipPrerequisite(
    prerequisite: CompiledPrerequisite | undefined,
    outcome: 'malformed' | 'circle' | 'missing',
  ): void {
    const { key, variation } = prerequisite ?? {}
    this.#add(last(this.#flags).prerequisites, {
      key: key === undefined ? null : shortened(key),
      variation: shown(variation ?? null),
      outcome,
    })
  }

  /** Leaves the flag of a prerequisite. */
  prerequisite(
    { key, variation }: CompiledPrerequisite,
    outcome: ExplainedPrerequisite['outcome'],
    evaluation: Evaluation,
  ): void {
    const { result, ...explained } = this.#explained(key, evaluation, leave(this.#flags))
    this.#add(last(this.#flags).prerequisites, {
      key: shortened(key),
      variation: shown(variation ?? null),
      outcome,
      explanation: { ...explained, result: { ...result, value: shown(result.value) } },
    })
  }

  #explained(key: string, evaluation: Evaluation, traced: TracedFlag): Explanation {
    const { flag } = traced
    return {
      key: shortened(key),
      ...(typeof flag.version === 'number' && { version: flag.version }),
      ...(this.#reader.overriding?.('flag', key) === flag && { overridden: true }),
      result: resultOf(evaluation),
      steps: stepsOf(traced, evaluation),
    }
  }

  malformedTarget(): void {
    this.#add(last(this.#flags).targets, MALFORMED_TARGET)
  }

  target(target: CompiledTarget, contextKey: string | undefined, match: Match): void {
    this.#add(last(this.#flags).targets, explainedTarget(target, contextKey, match))
  }

  malformedRule(): void {
    this.enterClauses(undefined)
    this.rule('malformed')
  }

  rule(match: Match): void {
    const { flag, rules } = last(this.#flags)
    const rule = identified(flag.rules, rules.total)
    this.#add(rules, { ...rule, outcome: outcomeOf(match), clauses: this.#leaveClauses() })
  }

  fallthrough(): void {
    last(this.#flags).fallsThrough = true
  }

  rollout(split: Split, bucket: number, chosen: number): void {
    last(this.#flags).rollout = explainedRollout(split, chosen, { bucket, seen: this.#takeSeen() })
  }

  /** Takes the value that a clause or a rollout has read. */
  see(value: unknown): void {
    this.#seen = value
  }

  #takeSeen(): unknown {
    const seen = this.#seen
    this.#seen = undefined
    return seen
  }

  enterClauses(source: readonly (CompiledClause | undefined)[] | undefined): void {
    this.#clauses.push({ source: source ?? [], clauses: emptyList(), segments: emptyList() })
  }

  malformedClause(): void {
    this.#add(last(this.#clauses).clauses, { type: 'malformed', outcome: 'malformed' })
  }

  clause(clause: CompiledClause, match: Match, context: PreparedContext): void {
    const traced = last(this.#clauses)
    if (clause.segments === undefined) {
      const hasKind = partOf(context, clause.contextKind) !== undefined
      const read = { value: this.#takeSeen(), hasKind }
      this.#add(traced.clauses, explainedClause(clause, match, read))
      return
    }
    const { segments } = traced
    traced.segments = emptyList()
    this.#addRest(segments, clause.segments.slice(segments.total), skippedSegment)
    const { negate } = clause
    this.#add(traced.clauses, { type: 'segments', negate, segments, outcome: outcomeOf(match) })
  }

  #leaveClauses(): GrowingList<ExplainedClause> {
    const { source, clauses } = leave(this.#clauses)
    this.#addRest(clauses, source.slice(clauses.total), skippedClause)
    return clauses
  }

  skipSegment(key: unknown, outcome: 'missing' | 'circle'): void {
    this.#add(last(this.#clauses).segments, { key: shown(key ?? null), outcome })
  }

  enterSegment(compiled: CompiledSegment, key: string): void {
    this.#segments.push({ key, compiled, rules: emptyList(), contextKey: undefined, status: null })
  }

  bigSegment(contextKey: string | undefined): void {
    last(this.#segments).contextKey = contextKey
  }

  bigSegmentStatus(status: BigSegmentsStatus): void {
    last(this.#segments).status = status
  }

  segmentRollout(weight: unknown, bucketing: Bucketing, bucket: number): void {
    this.#share = { ...explainedBucket(bucketing, { bucket, seen: this.#takeSeen() }), weight: shown(weight) }
  }

  malformedSegmentRule(): void {
    this.enterClauses(undefined)
    this.segmentRule('malformed')
  }

  segmentRule(match: Match): void {
    const { compiled, rules } = last(this.#segments)
    this.#add(rules, {
      ...identified(compiled.segment.rules, rules.total),
      outcome: outcomeOf(match),
      clauses: this.#leaveClauses(),
      ...(this.#share && { rollout: this.#share }),
    })
    this.#share = undefined
  }

  leaveSegment(listed: Match | undefined, match: Match): void {
    const traced = leave(this.#segments)
    const { key, compiled } = traced
    const isOverridden = this.#reader.overriding?.('segment', key) === compiled.segment
    this.#add(last(this.#clauses).segments, {
      ...explainedSegment(traced, listed, match),
      ...(isOverridden && { overridden: true }),
    })
  }

  #add<T>(list: GrowingList<T>, item: T): void {
    this.#parts += 1
    append(list, item, this.#parts > MAX_PARTS ? list.items.length : undefined)
  }

  #addRest<T, S>(list: GrowingList<T>, rest: readonly S[], show: (item: S) => T): void {
    this.#parts += rest.length
    if (this.#parts > MAX_PARTS) list.total += rest.length
    else appendRest(list, rest, show)
  }
}

function last<T>(stack: readonly T[]): T {
  return stack.at(-1) as T
}

function leave<T>(stack: T[]): T {
  return stack.pop() as T
}
