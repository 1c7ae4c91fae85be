import type { Segment, SegmentRule, SegmentTarget } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { parseReference } from './attribute-reference.ts'
import { type Bucketing, bucket } from './bucket.ts'
import { type CompiledClause, compileClauses, type Match } from './clause.ts'
import { KeyList } from './key-list.ts'
import { listOf } from './list-of.ts'
import { type PreparedContext, partOf } from './prepared-context.ts'

/** A segment as evaluation reads it, made when it is first asked for. */
export class CompiledSegment {
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
