import { isJsonObject, type JsonObject } from '../../../src/model/json.ts'
import type { OfficialAnswer } from './official.ts'
import type { Question } from './question.ts'
import { OPERATORS } from './words.ts'

/** The minimum count of each case in the default seeds. */
export const MINIMUMS: readonly (readonly [event: string, count: number])[] = [
  ...(['OFF', 'FALLTHROUGH', 'TARGET_MATCH', 'RULE_MATCH', 'PREREQUISITE_FAILED'] as const).map(
    (kind) => [kind, 4_000] as const,
  ),
  ...(['MALFORMED_FLAG', 'FLAG_NOT_FOUND', 'USER_NOT_SPECIFIED'] as const).map(
    (kind) => [`ERROR ${kind}`, 4_000] as const,
  ),
  ['FALLTHROUGH in an experiment', 1_000],
  ['RULE_MATCH in an experiment', 1_000],
  ['not in an experiment that there is', 1_000],
  ['prerequisites met', 1_000],
  ['big segments asked for', 500],
  ...OPERATORS.flatMap((operator) =>
    ['', 'not '].flatMap((not) =>
      ['true', 'false'].map((outcome) => [`${not}${operator} is ${outcome}`, not ? 30 : 150] as const),
    ),
  ),
  ...[
    'segment in a segment',
    'path into an attribute',
    'question about kinds',
    'question of another kind',
    'element of a list',
  ].flatMap((event) => ['true', 'false'].map((outcome) => [`${event} is ${outcome}`, 100] as const)),
]

/** The parts of a flag that are counted. */
interface Shape {
  readonly hasPrerequisites: boolean
  readonly hasExperiment: boolean
  /** The only clause of a flag, so that the rule matches if the clause does. */
  readonly loneClause: JsonObject | undefined
}

/** Counts the cases that occurred, so that a test that no longer tests anything fails. */
export class Tally {
  readonly #counts = new Map<string, number>()
  readonly #shapes = new WeakMap<object, Map<string, Shape>>()
  #evaluations = 0

  get evaluations(): number {
    return this.#evaluations
  }

  /** Returns the count of a case. */
  of(event: string): number {
    return this.#counts.get(event) ?? 0
  }

  count(question: Question, answer: OfficialAnswer): void {
    this.#evaluations++
    if (answer === 'threw') return
    const { reason } = answer
    const name = reason.kind === 'ERROR' ? `ERROR ${reason.errorKind}` : reason.kind
    this.#add(name)
    if (reason.bigSegmentsStatus) this.#add('big segments asked for')
    if (reason.inExperiment) this.#add(`${name} in an experiment`)
    const { hasPrerequisites, hasExperiment, loneClause } = this.#shapeOf(question)
    const isEvaluated = ['TARGET_MATCH', 'RULE_MATCH', 'FALLTHROUGH'].includes(reason.kind)
    if (hasPrerequisites && isEvaluated) this.#add('prerequisites met')
    if (hasExperiment && isEvaluated && !reason.inExperiment) this.#add('not in an experiment that there is')
    if (loneClause && (reason.kind === 'RULE_MATCH' || reason.kind === 'FALLTHROUGH'))
      this.#countClause(loneClause, reason.kind === 'RULE_MATCH' ? 'true' : 'false', question)
  }

  #countClause(clause: JsonObject, outcome: string, { environment }: Question): void {
    const { op, negate, attribute, contextKind, values } = clause
    this.#add(`${negate === true ? 'not ' : ''}${String(op)} is ${outcome}`)
    if (typeof contextKind === 'string' && /^\/\w+\/\w/.test(String(attribute)))
      this.#add(`path into an attribute is ${outcome}`)
    if (contextKind === 'org' || contextKind === 'device') this.#add(`question of another kind is ${outcome}`)
    if (attribute === 'groups' && op !== 'segmentMatch') this.#add(`element of a list is ${outcome}`)
    if (attribute === 'kind') this.#add(`question about kinds is ${outcome}`)
    if (op !== 'segmentMatch' || !Array.isArray(values) || values.length !== 1) return
    const segment: unknown = JSON.parse(environment.segments.get(String(values[0])) ?? 'null')
    if (isJsonObject(segment) && isNested(segment) && negate !== true)
      this.#add(`segment in a segment is ${outcome}`)
  }

  #shapeOf({ environment, key }: Question): Shape {
    const shapes = this.#shapes.get(environment) ?? new Map<string, Shape>()
    this.#shapes.set(environment, shapes)
    const shape = shapes.get(key) ?? shapeOf(environment.flags.get(key) ?? '{}')
    shapes.set(key, shape)
    return shape
  }

  #add(event: string): void {
    this.#counts.set(event, this.of(event) + 1)
  }

  toString(): string {
    return [...this.#counts]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([event, count]) => `${event}: ${count}`)
      .join('\n')
  }
}

function shapeOf(text: string): Shape {
  const flag = JSON.parse(text) as JsonObject
  const rules = listOf(flag.rules)
  const clauses = rules.length === 1 ? listOf((rules[0] as JsonObject).clauses) : []
  const isLone = clauses.length === 1 && !flag.prerequisites && !flag.targets && !flag.contextTargets
  return {
    hasPrerequisites: listOf(flag.prerequisites).length > 0,
    hasExperiment: text.includes('"kind":"experiment"'),
    loneClause: isLone ? (clauses[0] as JsonObject) : undefined,
  }
}

/** Returns whether a segment consists of other segments only. */
function isNested({ included, excluded, includedContexts, excludedContexts, rules }: JsonObject): boolean {
  const lists = [included, excluded, includedContexts, excludedContexts]
  const clauses = listOf(rules).flatMap((rule) => listOf((rule as JsonObject).clauses))
  const isAsking =
    clauses.length > 0 && clauses.every((clause) => (clause as JsonObject).op === 'segmentMatch')
  return isAsking && lists.every((list) => list === undefined || list === null)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
