import type { TargetingClause } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type AttributeReference, attributeOf, parseReference } from './attribute.ts'
import { listOf } from './lists.ts'
import { compileOperator } from './operators.ts'
import type { Refusal } from './pattern.ts'
import type { Run } from './run.ts'

/** The result of a match; `malformed` if the data does not allow one. */
export type Match = boolean | 'malformed'

export class CompiledClause {
  /** The segment keys of a clause with the operator `segmentMatch`. */
  readonly segments: readonly unknown[] | undefined
  readonly negate: boolean
  readonly source: Partial<TargetingClause>
  readonly contextKind: string
  readonly #reference: AttributeReference | undefined
  #test: ((value: unknown) => boolean) | undefined
  #refusal: Refusal | undefined

  constructor(source: Partial<TargetingClause>) {
    const { op, values, negate, attribute, contextKind } = source
    this.segments = op === 'segmentMatch' ? (values ?? []) : undefined
    this.negate = Boolean(negate)
    this.source = source
    this.contextKind = contextKind ?? 'user'
    this.#reference = parseReference(attribute, contextKind)
  }

  /** The first pattern that cannot be used. Known after the first match. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /** Returns whether the attribute, or any element of a list, matches. Without a value even a negated clause does not match. */
  matches(run: Run): Match {
    if (this.#reference === undefined) return 'malformed'
    const value = attributeOf(run.context, this.contextKind, this.#reference)
    run.trace?.see(value)
    if (value === undefined || value === null) return false
    this.#test ??= this.#compile()
    if (this.#refusal !== undefined) run.refusal ??= this.#refusal
    return this.negate !== (Array.isArray(value) ? value.some(this.#test) : this.#test(value))
  }

  #compile(): (value: unknown) => boolean {
    const { op, values } = this.source
    return compileOperator(op ?? '', values ?? [], (refusal) => {
      this.#refusal ??= refusal
    })
  }
}

/** Compiles clauses. Returns `undefined` without a list; a malformed clause becomes `undefined`. */
export function compileClauses(clauses: unknown): readonly (CompiledClause | undefined)[] | undefined {
  return clauses === undefined || clauses === null ? undefined : listOf(clauses).map(compileClause)
}

function compileClause(clause: unknown): CompiledClause | undefined {
  if (!isJsonObject(clause)) return undefined
  const { op, values } = clause
  return typeof (op ?? '') === 'string' && Array.isArray(values ?? [])
    ? new CompiledClause(clause)
    : undefined
}
