import type { Context } from '../../../src/evaluation/context.ts'
import type { Evaluation } from '../../../src/evaluation/detail.ts'
import type { FlagReader } from '../../../src/evaluation/run.ts'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import type { Evaluate } from './ours.ts'

/** An evaluation with a defect in the data that it reads or in the result that it returns. */
export interface Mutant {
  readonly name: string
  readonly plant: (evaluate: Evaluate) => Evaluate
}

type Members = Readonly<Record<string, unknown>>
type Change = (object: Members) => Members

/** Changes every object inside a value, inner ones first. */
function everywhere(value: unknown, change: Change): unknown {
  if (Array.isArray(value)) return value.map((each) => everywhere(each, change))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => [name, everywhere(member, change)])
  return change(Object.fromEntries(entries) as Members)
}

/** Reads flags and segments through a change of each object in them. */
function reading(name: string, change: Change): Mutant {
  const plant = (evaluate: Evaluate): Evaluate => {
    const flags = new WeakMap<object, unknown>()
    const changed = <T extends object>(item: T | undefined): T | undefined => {
      if (!item) return undefined
      if (!flags.has(item)) flags.set(item, everywhere(item, change))
      return flags.get(item) as T
    }
    return (reader, key, context) => {
      const other: FlagReader = {
        flag: (flagKey) => changed<Flag>(reader.flag(flagKey)),
        segment: (segmentKey) => changed<Segment>(reader.segment(segmentKey)),
        ...(reader.memberships && { memberships: reader.memberships }),
      }
      return evaluate(other, key, context)
    }
  }
  return { name, plant }
}

/** Reads the data without a member. */
function ignoring(name: string, member: string, where: (object: Members) => boolean = () => true): Mutant {
  return reading(name, (object) => {
    if (!(member in object) || !where(object)) return object
    const { [member]: _, ...rest } = object
    return rest
  })
}

/** Replaces one operator by another. */
function confusing(op: string, other: string): Mutant {
  return reading(`${op} means ${other}`, (object) => (object.op === op ? { ...object, op: other } : object))
}

function answering(name: string, change: (evaluation: Evaluation) => Evaluation): Mutant {
  return { name, plant: (evaluate) => (reader, key, context) => change(evaluate(reader, key, context)) }
}

function asking(name: string, change: (context: Members) => Members): Mutant {
  const plant =
    (evaluate: Evaluate): Evaluate =>
    (reader, key, context) => {
      const asked: unknown = context
      const isObject = typeof asked === 'object' && asked !== null
      return evaluate(reader, key, isObject ? (change(asked as Members) as unknown as Context) : context)
    }
  return { name, plant }
}

const isClause = (object: Members): boolean => 'op' in object
const isFlag = (object: Members): boolean => 'on' in object

export const MUTANTS: readonly Mutant[] = [
  // Rollouts.
  ignoring('the seed of a rollout is ignored', 'seed'),
  ignoring('the salt of a flag is ignored', 'salt', isFlag),
  ignoring('the salt of a segment is ignored', 'salt', (object) => !isFlag(object)),
  ignoring('untracked is ignored', 'untracked'),
  ignoring('the kind of a rollout is ignored', 'kind', (object) => 'variations' in object),
  ignoring('a rollout buckets by the key', 'bucketBy', (object) => 'variations' in object),
  ignoring('a rollout always buckets users', 'contextKind', (object) => 'variations' in object),

  // Clauses.
  ignoring('negate is ignored', 'negate'),
  ignoring('a clause is always about users', 'contextKind', isClause),
  reading('only the first value of a clause counts', (object) =>
    isClause(object) && Array.isArray(object.values)
      ? { ...object, values: object.values.slice(0, 1) }
      : object,
  ),
  reading('only the first clause of a rule counts', (object) =>
    Array.isArray(object.clauses) ? { ...object, clauses: object.clauses.slice(0, 1) } : object,
  ),
  confusing('lessThanOrEqual', 'lessThan'),
  confusing('greaterThan', 'greaterThanOrEqual'),
  confusing('startsWith', 'contains'),
  confusing('endsWith', 'contains'),
  confusing('matches', 'contains'),
  confusing('before', 'lessThan'),
  confusing('semVerEqual', 'in'),

  // Segments.
  ignoring('included is ignored', 'included'),
  ignoring('excluded is ignored', 'excluded'),
  ignoring('includedContexts are ignored', 'includedContexts'),
  ignoring('excludedContexts are ignored', 'excludedContexts'),
  ignoring('the share of a segment rule is ignored', 'weight', (object) => 'clauses' in object),
  ignoring('the kind of a segment rollout is ignored', 'rolloutContextKind'),
  ignoring('big segments are treated as small ones', 'unbounded'),
  ignoring('the generation of big segments is ignored', 'generation'),
  ignoring('the kind of big segments is ignored', 'unboundedContextKind'),

  // Prerequisites, targets, order.
  ignoring('prerequisites are ignored', 'prerequisites'),
  ignoring('targets are ignored', 'targets'),
  ignoring('contextTargets are ignored', 'contextTargets'),
  reading('rules come before targets', (object) =>
    isFlag(object) && Array.isArray(object.rules) && object.rules.length > 0
      ? { ...object, targets: [], contextTargets: [] }
      : object,
  ),
  reading('on is ignored', (object) => (isFlag(object) ? { ...object, on: true } : object)),
  answering('the index of a rule counts from one', (evaluation) => {
    const { reason } = evaluation
    return reason.kind === 'RULE_MATCH'
      ? { ...evaluation, reason: { ...reason, ruleIndex: reason.ruleIndex + 1 } }
      : evaluation
  }),
  answering('the reason omits inExperiment', (evaluation) => {
    const { inExperiment: _, ...reason } = evaluation.reason as Evaluation['reason'] & {
      readonly inExperiment?: true
    }
    return { ...evaluation, reason }
  }),

  // Contexts.
  asking('custom attributes are ignored', ({ custom: _, ...context }) => context),
  asking('an empty key is a key', (context) => (context.key === '' ? { ...context, key: 'a' } : context)),
  asking('an anonymous context is not anonymous', ({ anonymous: _, ...context }) => context),
]
