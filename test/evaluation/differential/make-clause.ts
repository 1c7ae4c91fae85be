import type { Random } from '../../support/random.ts'
import {
  DATES,
  DOUBTFUL_DATES,
  DOUBTFUL_REFERENCES,
  DOUBTFUL_VERSIONS,
  INHERITED,
  KEYS,
  KINDS,
  NUMBERS,
  ODD_KINDS,
  OPERATORS,
  type Operator,
  OTHER_VALUES,
  PATTERNS,
  REFERENCES,
  STRINGS,
  VERSIONS,
} from './words.ts'

export type Draft = Record<string, unknown>

/** The attributes in which an operator most likely finds a value of its type. */
const FITTING: { readonly [type: string]: readonly string[] } = {
  text: ['key', 'name', 'email', '/name', '/address/city', 'groups', '/a~1b', '/t~0t', '/t~01'],
  number: ['age', '/age', '/address/zip/code'],
  date: ['born', '/born'],
  version: ['version', '/version'],
}

const TYPES: { readonly [operator in Operator]: keyof typeof FITTING } = {
  in: 'text',
  startsWith: 'text',
  endsWith: 'text',
  contains: 'text',
  matches: 'text',
  lessThan: 'number',
  lessThanOrEqual: 'number',
  greaterThan: 'number',
  greaterThanOrEqual: 'number',
  before: 'date',
  after: 'date',
  semVerEqual: 'version',
  semVerLessThan: 'version',
  semVerGreaterThan: 'version',
  segmentMatch: 'text',
}

const OTHER_OPERATORS = ['', 'IN', 'equals', 'segmentmatch', null, undefined] as const

/** Makes a clause, which may test membership of one of these segments. */
export function makeClause(random: Random, segments: readonly string[]): Draft {
  const op = random.chance(0.25) ? 'segmentMatch' : random.pick(OPERATORS)
  const clause: Draft = { op: random.chance(0.02) ? random.pick<unknown>(OTHER_OPERATORS) : op, values: [] }
  if (random.chance(0.3)) clause.negate = random.pick([true, true, false, null, 1])
  if (op === 'segmentMatch')
    return {
      ...clause,
      values: Array.from({ length: random.pick([1, 1, 2, 3]) }, () => random.pick(segments)),
    }
  if (random.chance(0.06)) return aboutKind(random, clause)
  if (random.chance(0.04)) return aboutAnonymous(random, clause)
  Object.assign(clause, about(random, FITTING[TYPES[op]] as readonly string[]))
  const { attribute } = clause
  clause.values = someOf(random, () =>
    random.chance(0.06) ? random.pick(OTHER_VALUES) : asked(random, op, attribute),
  )
  if (random.chance(0.02)) clause.values = []
  return clause
}

/** The two attributes that evaluation computes. */
function aboutKind(random: Random, clause: Draft): Draft {
  const attribute = random.pick(['kind', 'kind', '/kind'])
  return { ...clause, attribute, op: 'in', values: someOf(random, () => random.pick([...KINDS, 'multi'])) }
}

function aboutAnonymous(random: Random, clause: Draft): Draft {
  const contextKind = random.pick(['user', 'org'])
  return { ...clause, attribute: 'anonymous', contextKind, op: 'in', values: [random.chance(0.5)] }
}

/** Makes a context kind and an attribute reference. Without a kind the reference is a plain name. */
function about(random: Random, fitting: readonly string[]): Draft {
  const attribute = random.chance(0.85)
    ? random.pick(fitting)
    : random.pick<string | null>([
        random.pick(REFERENCES),
        random.pick(DOUBTFUL_REFERENCES),
        random.pick(DOUBTFUL_REFERENCES),
        random.pick(INHERITED),
      ])
  const isPlain = typeof attribute !== 'string' || !attribute.startsWith('/')
  const part: Draft = attribute === null ? {} : { attribute }
  return { ...part, ...ofKind(random, isPlain ? 0.5 : 0.95) }
}

/** Makes a `contextKind`, or none, which means `user` and the older syntax of references. */
export function ofKind(random: Random, probability: number): Draft {
  if (!random.chance(probability)) return random.chance(0.05) ? { contextKind: null } : {}
  return { contextKind: random.chance(0.97) ? random.pick(KINDS) : random.pick(ODD_KINDS) }
}

function asked(random: Random, op: Operator, attribute: unknown): unknown {
  const isText = TYPES[op] === 'text'
  if (op === 'matches') return random.pick(PATTERNS)
  if (isText && attribute === 'key') return random.pick(random.chance(0.7) ? KEYS : STRINGS)
  if (isText && random.chance(0.85)) return random.pick(STRINGS)
  if (TYPES[op] === 'date') return random.pick<unknown>(random.chance(0.8) ? DATES : DOUBTFUL_DATES)
  if (TYPES[op] === 'version') return random.pick<unknown>(random.chance(0.8) ? VERSIONS : DOUBTFUL_VERSIONS)
  return random.pick<unknown>([...NUMBERS, true, false])
}

function someOf(random: Random, one: () => unknown): unknown[] {
  return Array.from({ length: random.pick([1, 1, 2, 3, 4, 6]) }, one)
}
