import type { Field } from '../status-fields.ts'
import { type Clause, readClause, type Step } from './read-clause.ts'

/** What became of a clause; in the order of what counts for more when there are several. */
export type Outcome = 'malformed' | 'unsupported' | 'unmet' | 'met'

export interface Result {
  readonly outcome: Outcome
  /** What is said of it: the clause, and what was there or why nobody looked. */
  readonly told: {
    readonly expr: string
    readonly expected?: string
    readonly actual?: string
    readonly problem?: string
    readonly ok: boolean
  }
}

/**
 * Judges a clause by a document and the fields such a document may have. A field there is not is a mistake of who asks; one
 * that is merely absent fits no clause, not even `!=`, for nothing can be said of it. Values compare as JSON writes them.
 */
export function judge(expr: string, document: object, fields: Field): Result {
  const clause = readClause(expr)
  if (clause.type !== 'clause') {
    return { outcome: clause.type, told: { expr, problem: clause.problem, ok: false } }
  }
  const problem = problemOf(clause, fields)
  if (problem !== undefined) return { outcome: 'unsupported', told: { expr, problem, ok: false } }
  const { operator, value: expected } = clause
  const actual = asText(clause.path.reduce(stepInto, document))
  if (actual === undefined) return { outcome: 'unmet', told: { expr, expected, ok: false } }
  const ok = (actual === expected) === (operator === '=')
  return { outcome: ok ? 'met' : 'unmet', told: { expr, expected, actual, ok } }
}

function problemOf({ path }: Clause, fields: Field): string | undefined {
  let field = fields
  for (const step of path) {
    if (step.type === 'element') return 'there are no lists in a status'
    const next = field.type === 'map' ? field.each : memberOf(field, step.name)
    if (!next) return `unknown field ${JSON.stringify(step.name)}`
    field = next
  }
  return field.type === 'value' ? undefined : 'the path ends at an object'
}

function memberOf(field: Field, name: string): Field | undefined {
  return field.type === 'object' && Object.hasOwn(field.members, name) ? field.members[name] : undefined
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : value === undefined ? undefined : JSON.stringify(value)
}

function stepInto(value: unknown, step: Step): unknown {
  if (typeof value !== 'object' || value === null || step.type === 'element') return undefined
  return Object.hasOwn(value, step.name) ? (value as Readonly<Record<string, unknown>>)[step.name] : undefined
}
