import type { Field } from './fields.ts'

export interface ExpectResponse {
  readonly code: number
  readonly body: {
    readonly satisfied: boolean
    /** Present if the query or a clause is malformed. */
    readonly error?: string
    readonly results: readonly ClauseResult['report'][]
  }
}

const CODES = [
  ['malformed', 400],
  ['unsupported', 422],
  ['unmet', 412],
] as const satisfies readonly (readonly [ClauseOutcome, number])[]

/** Evaluates all clauses. The status code is that of the first outcome by precedence. */
export function evaluateClauses(clauses: readonly string[], document: object, fields: Field): ExpectResponse {
  const results = clauses.map((clause) => evaluateClause(clause, document, fields))
  const [worst, code = 200] =
    CODES.find(([outcome]) => results.some((each) => each.outcome === outcome)) ?? []
  const satisfied = worst === undefined
  const malformed = results.find(({ outcome }) => outcome === 'malformed')
  return {
    code,
    body: {
      satisfied,
      ...(malformed?.report.problem !== undefined && { error: malformed.report.problem }),
      results: results.map(({ report }) => report),
    },
  }
}

export function badQuery(error: string): ExpectResponse {
  return { code: 400, body: { satisfied: false, error, results: [] } }
}

/** The outcome of a clause, in order of precedence if there are several. */
type ClauseOutcome = 'malformed' | 'unsupported' | 'unmet' | 'met'

interface ClauseResult {
  readonly outcome: ClauseOutcome
  readonly report: {
    readonly expr: string
    readonly expected?: string
    readonly actual?: string
    readonly problem?: string
    readonly ok: boolean
  }
}

/**
 * Evaluates a clause against a document. An unknown field is `unsupported`; a known field that is absent fails every clause,
 * even `!=`. Values are compared in their JSON form.
 */
function evaluateClause(expr: string, document: object, fields: Field): ClauseResult {
  const clause = readClause(expr)
  if (clause.type !== 'clause') {
    return { outcome: clause.type, report: { expr, problem: clause.problem, ok: false } }
  }
  const problem = problemOf(clause, fields)
  if (problem !== undefined) return { outcome: 'unsupported', report: { expr, problem, ok: false } }
  const { operator, value: expected } = clause
  const actual = asText(clause.path.reduce(stepInto, document))
  if (actual === undefined) return { outcome: 'unmet', report: { expr, expected, ok: false } }
  const ok = (actual === expected) === (operator === '=')
  return { outcome: ok ? 'met' : 'unmet', report: { expr, expected, actual, ok } }
}

function problemOf({ path }: Clause, fields: Field): string | undefined {
  let field = fields
  for (const step of path) {
    if (step.type === 'element' || field.type === 'list') return 'assertions on lists are not supported'
    const next = field.type === 'map' ? field.each : memberOf(field, step.name)
    if (!next) return `unknown field ${JSON.stringify(step.name)}`
    field = next
  }
  return field.type === 'value'
    ? undefined
    : `the path ends at ${field.type === 'list' ? 'a list' : 'an object'}`
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

type Step = { readonly type: 'member'; readonly name: string } | { readonly type: 'element' }

/** An assertion: the path has this value (`=`), or it has another value (`!=`). */
interface Clause {
  readonly type: 'clause'
  readonly path: readonly Step[]
  readonly operator: '=' | '!='
  readonly value: string
}

/** `malformed`: a syntax error. `unsupported`: an unknown operator or field. */
export interface ClauseProblem {
  readonly type: 'malformed' | 'unsupported'
  readonly problem: string
}

const NAME = /[^.[=!<>~]+/y
const IN_QUOTES = /\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/sy
const ELEMENT = /\[(?:\d+|[^[\]"'=]+=[^\]]*)\]/y
const OPERATOR = /[=!<>~]+/y

/**
 * Parses `path=value` or `path!=value`. A path consists of names separated by dots. A name with a dot or an operator is written
 * in brackets and quotes, for example `environments["my.env"].status`, with a backslash before a quote.
 */
export function readClause(text: string): Clause | ClauseProblem {
  const path: Step[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match) return undefined
    at = pattern.lastIndex
    return match
  }
  for (;;) {
    const step = readStep(take)
    if (step) path.push(step)
    else if (text[at] === '[') return malformed('expected a quoted name between [ and ]')
    else return malformed(path.length === 0 ? 'expected a path' : 'expected a name after the dot')
    if (text[at] === '.') at += 1
    else if (text[at] !== '[') break
  }
  const [operator] = take(OPERATOR) ?? []
  if (operator === undefined) return malformed('expected = or != after the path')
  if (operator !== '=' && operator !== '!=') {
    const problem = `operator ${JSON.stringify(operator)} is not supported; use "=" or "!="`
    return { type: 'unsupported', problem }
  }
  return { type: 'clause', path, operator, value: text.slice(at) }
}

function readStep(take: (pattern: RegExp) => RegExpExecArray | undefined): Step | undefined {
  const [name] = take(NAME) ?? []
  if (name !== undefined) return { type: 'member', name }
  const quoted = take(IN_QUOTES)
  if (quoted) return { type: 'member', name: (quoted[1] ?? quoted[2] ?? '').replaceAll(/\\(.)/gs, '$1') }
  return take(ELEMENT) && { type: 'element' }
}

function malformed(problem: string): ClauseProblem {
  return { type: 'malformed', problem }
}

/** Limits far above the needs of a probe. They exist because such a request needs no SDK key. */
const MAX_CLAUSES = 100
const MAX_CLAUSE_LENGTH = 1_000

export type Expectations = { readonly clauses: readonly string[] } | { readonly problem: string }

/**
 * Returns all `expect` clauses of a query. A single part that cannot be decoded rejects the whole query, so that no assertion is
 * skipped silently: an invalid percent escape, bytes that are not UTF-8, or a `;`, which some parsers treat like `&`.
 */
export function readExpectations(query: string): Expectations {
  const parts = query.split('&').map((part) => {
    const [name = '', ...value] = part.split('=')
    return { name: decoded(name), value: decoded(value.join('=')) }
  })
  if (query.includes(';') || parts.some(({ name, value }) => name === undefined || value === undefined)) {
    return { problem: 'the query cannot be decoded' }
  }
  const clauses = parts.filter(({ name }) => name === 'expect').map(({ value = '' }) => value)
  if (clauses.length > MAX_CLAUSES) return { problem: `expected at most ${MAX_CLAUSES} clauses` }
  if (clauses.some(({ length }) => length > MAX_CLAUSE_LENGTH)) {
    return { problem: `expected at most ${MAX_CLAUSE_LENGTH} characters in a clause` }
  }
  return { clauses }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
