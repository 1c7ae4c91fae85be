import type { Field } from './fields.ts'

/** What became of a clause; in the order of what counts for more when there are several. */
type ClauseOutcome = 'malformed' | 'unsupported' | 'unmet' | 'met'

interface ClauseResult {
  readonly outcome: ClauseOutcome
  /** What is said of it: the clause, and what was there or why nobody looked. */
  readonly report: {
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

/** One step of a path: to a member by its name, or to an element of a list. */
type Step = { readonly type: 'member'; readonly name: string } | { readonly type: 'element' }

/** An assertion about a document: what is at the path is this value, or is there and is another one. */
interface Clause {
  readonly type: 'clause'
  readonly path: readonly Step[]
  readonly operator: '=' | '!='
  readonly value: string
}

/** `malformed`: this is no clause at all. `unsupported`: it is one, and asks for what there is not. */
export interface ClauseProblem {
  readonly type: 'malformed' | 'unsupported'
  readonly problem: string
}

const NAME = /[^.[=!<>~]+/y
const IN_QUOTES = /\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/sy
const ELEMENT = /\[(?:\d+|[^[\]"'=]+=[^\]]*)\]/y
const OPERATOR = /[=!<>~]+/y

/**
 * Reads `path=value` or `path!=value`. A path is names with dots between them; a name that holds a dot or an operator stands
 * in brackets and quotes, `environments["my.env"].status`, with a backslash before a quote in it.
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
    else if (text[at] === '[') return malformed('between [ and ] there must be a key in quotes')
    else return malformed(path.length === 0 ? 'a path must come first' : 'a name must follow the dot')
    if (text[at] === '.') at += 1
    else if (text[at] !== '[') break
  }
  const [operator] = take(OPERATOR) ?? []
  if (operator === undefined) return malformed('= or != must follow the path')
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

/** Far more than a probe has to ask, and little enough to answer anybody. */
const MAX_CLAUSES = 100
const MAX_CLAUSE_LENGTH = 1_000

/** What a query asks to be asserted: nothing, clauses, or what cannot be understood, whose problem is told. */
export type Expectations = { readonly clauses: readonly string[] } | { readonly problem: string }

/**
 * Reads every `expect` of a query. One part that cannot be decoded rejects all of it, so that no assertion is passed over in
 * silence: that is a `%` without two digits, bytes that are not UTF-8, and a `;`, which some take for a `&`.
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
  if (clauses.length > MAX_CLAUSES) return { problem: `there are more than ${MAX_CLAUSES} clauses` }
  if (clauses.some(({ length }) => length > MAX_CLAUSE_LENGTH)) {
    return { problem: `a clause has more than ${MAX_CLAUSE_LENGTH} characters` }
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

/** An answer that says whether all clauses are met. */
export interface ExpectResponse {
  readonly code: number
  readonly body: {
    readonly satisfied: boolean
    /** Where the question itself is wrong. */
    readonly error?: string
    readonly results: readonly ClauseResult['report'][]
  }
}

const CODES = [
  ['malformed', 400],
  ['unsupported', 422],
  ['unmet', 412],
] as const satisfies readonly (readonly [ClauseOutcome, number])[]

/** Judges every clause, and answers with the code of the worst that was found. */
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

/** A query that could not be read. */
export function badQuery(error: string): ExpectResponse {
  return { code: 400, body: { satisfied: false, error, results: [] } }
}
