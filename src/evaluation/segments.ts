import type { Segment, SegmentRule, SegmentTarget } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type Bucketing, bucket, parseReference } from './attribute.ts'
import { type CompiledClause, compileClauses, type Match } from './clause.ts'
import { type PreparedContext, partOf } from './context.ts'
import { KeyList, listOf } from './lists.ts'
import type { Path, Run } from './run.ts'

/** A segment as evaluation reads it, made when it is first asked for. */
class CompiledSegment {
  /** For a segment whose members are in a store of their own: the kind they are of. */
  readonly unboundedKind: string | undefined
  /** Whether that store could know the segment. */
  readonly hasGeneration: boolean
  readonly rules: readonly (CompiledSegmentRule | undefined)[]
  readonly #included: Members
  readonly #excluded: Members

  constructor(segment: Segment) {
    const { included, includedContexts, excluded, excludedContexts } = segment
    this.unboundedKind = segment.unbounded ? segment.unboundedContextKind || 'user' : undefined
    this.hasGeneration = Boolean(segment.generation)
    this.#included = compileMembers(included, includedContexts)
    this.#excluded = compileMembers(excluded, excludedContexts)
    this.rules = listOf(segment.rules).map((rule) => compileRule(segment, rule))
  }

  /** What the lists say; `undefined` when the context is on none. */
  listed(context: PreparedContext): Match | undefined {
    const included = isAmong(this.#included, context)
    if (included !== false) return included
    const excluded = isAmong(this.#excluded, context)
    return excluded === 'malformed' ? excluded : excluded ? false : undefined
  }
}

export class CompiledSegmentRule {
  /** Without a list of clauses nothing matches. */
  readonly clauses: readonly (CompiledClause | undefined)[] | undefined
  /** The share of those whom the clauses match, from 0 to 1. `undefined` is all of them. */
  readonly #share: number | undefined
  readonly #bucketing: Bucketing | undefined

  constructor(segment: Segment, rule: SegmentRule) {
    const { weight, bucketBy, rolloutContextKind } = rule
    const reference = bucketBy ? parseReference(bucketBy, rolloutContextKind) : 'key'
    this.clauses = compileClauses(rule.clauses)
    this.#share = weight === undefined || weight === null ? undefined : weight / 100_000
    this.#bucketing =
      reference === undefined
        ? undefined
        : {
            contextKind: rolloutContextKind ?? 'user',
            reference,
            prefix: `${segment.key}.${segment.salt || ''}.`,
          }
  }

  takes(context: PreparedContext): Match {
    if (this.#share === undefined) return true
    if (this.#bucketing === undefined) return 'malformed'
    return bucket(context, this.#bucketing) < this.#share
  }
}

interface KindMembers {
  readonly contextKind: string
  readonly keys: KeyList
}

/** `undefined` stands where a list of keys should be. */
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

/** A legacy user without a key, which has an empty one, is in no list. */
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
 * Whether all clauses match; where there is no list of them, nothing does. A malformed clause counts as a match when
 * another follows: the official SDK has it so, and a flag must not change its value with the SDK. Something that is no
 * clause at all, on which the official SDK throws, ends it.
 */
export function matchClauses(
  clauses: readonly (CompiledClause | undefined)[] | undefined,
  run: Run,
  path?: Path,
): Match {
  if (clauses === undefined) return false
  let last: Match = true
  for (const clause of clauses) {
    if (clause === undefined) return 'malformed'
    last = clause.segments === undefined ? clause.matches(run) : matchSegments(clause, run, path)
    if (last === false) return false
  }
  return last
}

/** Whether the context is in any of the segments. One that is not there has no members. */
function matchSegments({ segments = [], negate }: CompiledClause, run: Run, path: Path | undefined): Match {
  for (const key of segments) {
    const segment = typeof key === 'string' ? run.reader.segment(key) : undefined
    if (segment === undefined) continue
    const here = run.step(path, key as string)
    if (here === undefined) return 'malformed'
    const match = matchSegment(compiledSegment(segment), run, here)
    if (match === 'malformed') return match
    if (match) return !negate
  }
  return negate
}

function matchSegment(segment: CompiledSegment, run: Run, path: Path): Match {
  if (segment.unboundedKind === undefined) {
    const listed = segment.listed(run.context)
    if (listed !== undefined) return listed
  } else {
    // Who is in a big segment stands in a store of its own. Without one only rules can tell.
    if (!partOf(run.context, segment.unboundedKind)?.key) return false
    run.needsBigSegments = true
    if (!segment.hasGeneration) return false
  }
  for (const rule of segment.rules) {
    if (rule === undefined) return 'malformed'
    let match = matchClauses(rule.clauses, run, path)
    if (match === true) match = rule.takes(run.context)
    if (match !== false) return match
  }
  return false
}

function compiledSegment(segment: Segment): CompiledSegment {
  const known = compiledSegments.get(segment)
  if (known !== undefined) return known
  const compiled = new CompiledSegment(segment)
  compiledSegments.set(segment, compiled)
  return compiled
}
