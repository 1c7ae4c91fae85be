import type { Segment, SegmentRule, SegmentTarget } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type Bucketing, bucket, parseReference } from './attribute.ts'
import { type CompiledClause, compileClauses, type Match } from './clause.ts'
import { type PreparedContext, partOf } from './context.ts'
import { KeyList, listOf } from './lists.ts'
import type { Path, Run } from './run.ts'

export class CompiledSegment {
  readonly segment: Segment
  /** The context kind of a big segment, whose members are in a separate store; `undefined` for other segments. */
  readonly unboundedKind: string | undefined
  /** The name of a big segment in that store. `undefined` without a generation: then nothing was written there. */
  readonly reference: string | undefined
  readonly rules: readonly (CompiledSegmentRule | undefined)[]
  readonly #included: Members
  readonly #excluded: Members

  constructor(segment: Segment) {
    const { included, includedContexts, excluded, excludedContexts } = segment
    this.segment = segment
    this.unboundedKind = segment.unbounded ? segment.unboundedContextKind || 'user' : undefined
    this.reference = segment.generation ? `${segment.key}.g${segment.generation}` : undefined
    this.#included = compileMembers(included, includedContexts)
    this.#excluded = compileMembers(excluded, excludedContexts)
    this.rules = listOf(segment.rules).map((rule) => compileRule(segment, rule))
  }

  /** Returns whether the context is included or excluded by key; `undefined` if it is in neither list. */
  isListed(context: PreparedContext): Match | undefined {
    const included = isAmong(this.#included, context)
    if (included !== false) return included
    const excluded = isAmong(this.#excluded, context)
    return excluded === 'malformed' ? excluded : excluded ? false : undefined
  }
}

export class CompiledSegmentRule {
  readonly clauses: readonly (CompiledClause | undefined)[] | undefined
  /** The share of matching contexts that are members, in thousandths of a percent; `undefined` for all. */
  readonly #weight: number | undefined
  readonly #bucketing: Bucketing | undefined

  constructor(segment: Segment, rule: SegmentRule) {
    const { weight, bucketBy, rolloutContextKind } = rule
    const reference = bucketBy ? parseReference(bucketBy, rolloutContextKind) : 'key'
    this.clauses = compileClauses(rule.clauses)
    this.#weight = weight ?? undefined
    this.#bucketing =
      reference === undefined
        ? undefined
        : {
            contextKind: rolloutContextKind ?? 'user',
            reference,
            prefix: `${segment.key}.${segment.salt || ''}.`,
          }
  }

  includes(run: Run): Match {
    if (this.#weight === undefined) return true
    if (this.#bucketing === undefined) return 'malformed'
    const value = bucket(run, this.#bucketing)
    run.trace?.segmentRollout(this.#weight, this.#bucketing, value)
    return value < this.#weight / 100_000
  }
}

interface KindMembers {
  readonly contextKind: string
  readonly keys: KeyList
}

type Members = readonly (KindMembers | undefined)[]

function compileMembers(users: unknown, targets: unknown): Members {
  return [...listOf(targets).map(compileTarget), compileKeys('user', users)]
}

function compileTarget(target: unknown): KindMembers | undefined {
  if (!isJsonObject(target)) return undefined
  const { contextKind, values } = target as Partial<SegmentTarget>
  return compileKeys(contextKind ?? 'user', values)
}

function compileKeys(contextKind: string, values: unknown): KindMembers | undefined {
  const keys = values ?? []
  return Array.isArray(keys) ? { contextKind, keys: new KeyList(keys) } : undefined
}

function compileRule(segment: Segment, rule: unknown): CompiledSegmentRule | undefined {
  return isJsonObject(rule) ? new CompiledSegmentRule(segment, rule) : undefined
}

/** Returns whether the context's key is in a list. An empty key, which only a legacy user can have, is in none. */
function isAmong(members: Members, context: PreparedContext): Match {
  for (const member of members) {
    if (member === undefined) return 'malformed'
    const key = partOf(context, member.contextKind)?.key
    if (key && member.keys.has(key)) return true
  }
  return false
}

const compiledSegments = new WeakMap<Segment, CompiledSegment>()

/**
 * Returns whether all clauses match; false without a list of clauses. As in the official SDK, a malformed clause counts as a
 * match if another clause follows. A value that is not a clause at all ends the evaluation, because the official SDK throws.
 */
export function matchClauses(
  clauses: readonly (CompiledClause | undefined)[] | undefined,
  run: Run,
  path?: Path,
): Match {
  const { trace } = run
  trace?.enterClauses(clauses)
  if (clauses === undefined) return false
  let last: Match = true
  for (const clause of clauses) {
    if (clause === undefined) {
      trace?.malformedClause()
      return 'malformed'
    }
    last = clause.segments === undefined ? clause.matches(run) : matchSegments(clause, run, path)
    trace?.clause(clause, last, run.context)
    if (last === false) return false
  }
  return last
}

/** Returns whether the context is in any of the segments. A segment that does not exist has no members. */
function matchSegments({ segments = [], negate }: CompiledClause, run: Run, path: Path | undefined): Match {
  for (const key of segments) {
    const segment = typeof key === 'string' ? run.reader.segment(key) : undefined
    if (segment === undefined) {
      run.trace?.skipSegment(key, 'missing')
      continue
    }
    const here = run.step(path, key as string)
    if (here === undefined) {
      run.trace?.skipSegment(key, 'circle')
      return 'malformed'
    }
    const match = matchSegment(compiledSegment(segment), run, here)
    if (match === 'malformed') return match
    if (match) return !negate
  }
  return negate
}

function matchSegment(segment: CompiledSegment, run: Run, path: Path): Match {
  run.trace?.enterSegment(segment, path.key)
  const { unboundedKind } = segment
  const listed =
    unboundedKind === undefined ? segment.isListed(run.context) : isBigMember(segment, unboundedKind, run)
  const match = listed ?? matchSegmentRules(segment, run, path)
  run.trace?.leaveSegment(listed, match)
  return match
}

function matchSegmentRules(segment: CompiledSegment, run: Run, path: Path): Match {
  const { trace } = run
  for (const rule of segment.rules) {
    if (rule === undefined) {
      trace?.malformedSegmentRule()
      return 'malformed'
    }
    let match = matchClauses(rule.clauses, run, path)
    if (match === true) match = rule.includes(run)
    trace?.segmentRule(match)
    if (match !== false) return match
  }
  return false
}

/** Returns whether a big segment includes or excludes the context; `undefined` if its rules decide. */
function isBigMember({ reference }: CompiledSegment, contextKind: string, run: Run): Match | undefined {
  const key = partOf(run.context, contextKind)?.key
  run.trace?.bigSegment(key)
  if (!key) return false
  if (reference === undefined) {
    run.noteBigSegments('NOT_CONFIGURED')
    return false
  }
  const { memberships } = run.reader
  if (memberships === undefined) {
    run.noteBigSegments('NOT_CONFIGURED')
    return undefined
  }
  const membership = memberships.membership(key)
  if (membership === undefined) {
    run.noteMissingMembership(key)
    // The result is void, so this only has to end the evaluation.
    return 'malformed'
  }
  run.noteBigSegments(membership.status)
  return membership.references.get(reference)
}

function compiledSegment(segment: Segment): CompiledSegment {
  const known = compiledSegments.get(segment)
  if (known !== undefined) return known
  const compiled = new CompiledSegment(segment)
  compiledSegments.set(segment, compiled)
  return compiled
}
