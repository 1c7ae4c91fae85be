import type { Refusal } from './pattern.ts'
import { compilePattern } from './pattern-engine.ts'
import { compareVersions, parseVersion, parseVersionOfAttribute, type Version } from './semver.ts'

/** Matches the beginning of an RFC 3339 date with time and zone. `Date.parse` checks the rest. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d(?::\d\d)?)/

/** Returns milliseconds since the Unix epoch, for a number of milliseconds or an RFC 3339 text; otherwise NaN. */
export function parseDate(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN
}

export type Matcher = (attributeValue: unknown) => boolean

type OnRefused = (refusal: Refusal) => void

/** The number of values from which a set is faster than a linear search. */
const MIN_SET_SIZE = 8

/**
 * Compiles an operator with the values of a clause to a function that returns whether an attribute's value matches any of
 * them. Unknown operators, and `segmentMatch`, never match.
 */
export function compileOperator(op: string, values: readonly unknown[], onRefused: OnRefused): Matcher {
  return OPERATORS.get(op)?.compile(values, onRefused) ?? never
}

/**
 * Returns why an operator cannot compare an attribute's value with those of a clause; `undefined` if it compares them. Of a
 * list, one element that can be compared is enough.
 */
export function mismatchOf(
  op: string,
  attributeValue: unknown,
  values: readonly unknown[],
): 'unknown operator' | 'wrong type' | 'no usable values' | undefined {
  const domain = OPERATORS.get(op)?.domain
  if (domain === undefined) return 'unknown operator'
  const elements: readonly unknown[] = Array.isArray(attributeValue) ? attributeValue : [attributeValue]
  if (elements.length > 0 && !elements.some(domain.ofAttributes)) return 'wrong type'
  return values.some(domain.ofClauses) ? undefined : 'no usable values'
}

interface Operator {
  readonly compile: (values: readonly unknown[], onRefused: OnRefused) => Matcher
  readonly domain: Domain
}

/** The values that an operator can compare. */
interface Domain {
  readonly ofAttributes: (value: unknown) => boolean
  readonly ofClauses: (value: unknown) => boolean
}

const ANY_VALUES = domainOf(() => true)
const TEXTS = domainOf((value) => typeof value === 'string')
const NUMBERS = domainOf((value) => !Number.isNaN(numberOf(value)))
const DATES = domainOf((value) => !Number.isNaN(parseDate(value)))
const SEMANTIC_VERSIONS: Domain = {
  ofAttributes: (value) => parseVersionOfAttribute(value) !== undefined,
  ofClauses: (value) => parseVersion(value) !== undefined,
}

function domainOf(has: (value: unknown) => boolean): Domain {
  return { ofAttributes: has, ofClauses: has }
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['in', { domain: ANY_VALUES, compile: equalsAny }],
  ['startsWith', { domain: TEXTS, compile: textOperator((text, value) => text.startsWith(value)) }],
  ['endsWith', { domain: TEXTS, compile: textOperator((text, value) => text.endsWith(value)) }],
  ['contains', { domain: TEXTS, compile: textOperator((text, value) => text.includes(value)) }],
  ['matches', { domain: TEXTS, compile: matchesAny }],
  ['lessThan', { domain: NUMBERS, compile: belowAny(numberOf, (number, bound) => number < bound) }],
  ['lessThanOrEqual', { domain: NUMBERS, compile: belowAny(numberOf, (number, bound) => number <= bound) }],
  ['greaterThan', { domain: NUMBERS, compile: aboveAny(numberOf, (number, bound) => number > bound) }],
  [
    'greaterThanOrEqual',
    { domain: NUMBERS, compile: aboveAny(numberOf, (number, bound) => number >= bound) },
  ],
  ['before', { domain: DATES, compile: belowAny(parseDate, (date, bound) => date < bound) }],
  ['after', { domain: DATES, compile: aboveAny(parseDate, (date, bound) => date > bound) }],
  ['semVerEqual', { domain: SEMANTIC_VERSIONS, compile: versionOperator((order) => order === 0) }],
  ['semVerLessThan', { domain: SEMANTIC_VERSIONS, compile: versionOperator((order) => order < 0) }],
  ['semVerGreaterThan', { domain: SEMANTIC_VERSIONS, compile: versionOperator((order) => order > 0) }],
])

function never(): boolean {
  return false
}

function equalsAny(values: readonly unknown[]): Matcher {
  const [only] = values
  if (values.length === 0) return never
  if (values.length === 1) return (value) => value === only
  if (values.length < MIN_SET_SIZE) return (value) => values.indexOf(value) !== -1
  // Unlike `===`, a set finds NaN.
  const set = new Set(values.filter((value) => !Number.isNaN(value)))
  return (value) => set.has(value)
}

function textOperator(matches: (text: string, value: string) => boolean) {
  return (values: readonly unknown[]): Matcher => {
    const texts = values.filter((value) => typeof value === 'string')
    const [only] = texts
    if (only === undefined) return never
    if (texts.length === 1) return (value) => typeof value === 'string' && matches(value, only)
    return (value) => {
      if (typeof value !== 'string') return false
      for (const text of texts) if (matches(value, text)) return true
      return false
    }
  }
}

function matchesAny(values: readonly unknown[], onRefused: OnRefused): Matcher {
  const patterns: ((text: string) => boolean)[] = []
  for (const value of values) {
    if (typeof value !== 'string') continue
    const pattern = compilePattern(value)
    if (pattern.type === 'refused') onRefused(pattern.refusal)
    else patterns.push(pattern.matches)
  }
  if (patterns.length === 0) return never
  return (value) => {
    if (typeof value !== 'string') return false
    for (const matches of patterns) if (matches(value)) return true
    return false
  }
}

type Quantity = (value: unknown) => number

/** A value is below any of the bounds if it is below the highest. */
function belowAny(quantity: Quantity, holds: (number: number, bound: number) => boolean) {
  return (values: readonly unknown[]): Matcher => boundedBy(Math.max, quantity, holds, values)
}

/** A value is above any of the bounds if it is above the lowest. */
function aboveAny(quantity: Quantity, holds: (number: number, bound: number) => boolean) {
  return (values: readonly unknown[]): Matcher => boundedBy(Math.min, quantity, holds, values)
}

function boundedBy(
  choose: (a: number, b: number) => number,
  quantity: Quantity,
  holds: (number: number, bound: number) => boolean,
  values: readonly unknown[],
): Matcher {
  const bounds = values.map(quantity).filter((bound) => !Number.isNaN(bound))
  if (bounds.length === 0) return never
  const bound = bounds.reduce((a, b) => choose(a, b))
  return (value) => holds(quantity(value), bound)
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN
}

function versionOperator(holds: (order: number) => boolean) {
  return (values: readonly unknown[]): Matcher => {
    const versions = values.map(parseVersion).filter((version): version is Version => version !== undefined)
    if (versions.length === 0) return never
    return (value) => {
      const version = parseVersionOfAttribute(value)
      if (version === undefined) return false
      for (const bound of versions) if (holds(compareVersions(version, bound))) return true
      return false
    }
  }
}
