import type { Random } from '../../support/random.ts'

/** Few values of each kind, so that rules match often. */

export const KINDS = ['user', 'user', 'org', 'device'] as const
/** Kinds with the names of other members, and invalid kinds. */
export const ODD_KINDS = ['constructor', 'a.b-c_1', 'USER', '', 'other'] as const

export const KEYS = [
  'a',
  'b',
  'c',
  'd',
  'é',
  'x:y%',
  '__proto__',
  'constructor',
  'ключ-🙂',
  '\ud800',
] as const

export const STRINGS = [
  'a',
  'ab',
  'abc',
  'b',
  'Ab',
  'été',
  'a@x.com',
  'b@y.com',
  '',
  'true',
  '1',
  'aab',
] as const
export const NUMBERS = [0, 1, 2, 3, 1.5, -1, 100_000, 1e21, 2 ** 53, 0.1, 1e-7] as const

/** Patterns that a linear-time engine supports: no back-references, no lookaheads in the middle. See differences.ts. */
export const PATTERNS = [
  '^a',
  'b$',
  'a.c',
  '[ab]+',
  'a|b',
  '^$',
  '\\d',
  '(a)(b)?',
  'a{2}',
  '^[^@]+@x\\.com$',
  '(?:b|c)$',
  '.',
  '^\\w+$',
  'é',
  '',
  '\\bb',
  '[^ab]',
  '[\\w.-]+@',
  'a*?b',
  '(?<one>a)b',
  '\\x61',
  '\\u00e9$',
  '[a-b]{1,2}$',
  '\\.com',
  '^(?!b)',
  '^(?=.*@).*y',
  '(',
  '[',
  '*a',
  'a**',
  'a{2,1}',
  '(?i)A',
] as const

const LONG = 'a'.repeat(249)
export const VERSIONS: readonly string[] = [
  '1.0.0',
  '1.0',
  '1',
  '2.0.0',
  '2',
  '2.1',
  '0.9.9',
  '1.0.0-rc.1',
  '1.0.0-rc.2',
  '1.0.0-rc.2',
  '1.0.0-rc.10',
  '1.0.0-rc.10',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0-rc.1',
  '1-rc.1',
  '1.0.0+build',
  '1+build',
  '10.0.0',
]
export const DOUBTFUL_VERSIONS: readonly unknown[] = [
  '01.0.0',
  '1.01.0',
  '1.0.01',
  '1.02',
  '1.0.0.0',
  'v1.0.0',
  'V1.0.0',
  '=1.0.0',
  ' 1.0.0',
  '1.0.0 ',
  '\t1.0.0\n',
  '1.',
  '1.0.',
  '.1',
  '1..0',
  '1.0.x',
  'x',
  '',
  '1.0.0-',
  '1.0.0-01',
  '1.0.0-0a',
  '1.0.0--',
  '1.0.0-é',
  '1.0.0+',
  '1.0.0+a_b',
  '1.0.0-a..b',
  '-1',
  '9007199254740991.0.0',
  '9007199254740992.0.0',
  '1.0.0-9007199254740993',
  '1.0.0-9007199254740992',
  `1.0.0-${LONG}`,
  `1.0.0-${LONG}a`,
  '٣.0.0',
  1,
  1.5,
  true,
]

const NEW_YEAR = 1_577_836_800_000
export const DATES: readonly (string | number)[] = [
  NEW_YEAR,
  NEW_YEAR + 0.5,
  NEW_YEAR - 3_600_000,
  NEW_YEAR + 86_400_000,
  0,
  '2020-01-01T00:00:00Z',
  '2020-01-01T00:00:00.000Z',
  '2020-01-01T00:00:00.5Z',
  '2020-01-01T00:00:00.123456789Z',
  '2020-01-01T00:00:00+00:00',
  '2020-01-01T01:00:00+01:00',
  '2019-12-31T17:00:00-07:00',
  '2019-06-30T00:00:00Z',
  '2021-06-30T12:00:00Z',
]
export const DOUBTFUL_DATES: readonly unknown[] = [
  '2019-12-31T17:00:00-07',
  '2020-01-01T01:00:00+0100',
  '2020-01-01T00:00:00',
  '2020-01-01',
  '2020-13-01T00:00:00Z',
  '2020-02-30T00:00:00Z',
  '2020-01-01t00:00:00z',
  '2020-01-01T24:00:00Z',
  '2020-01-01T25:00:00Z',
  '2020-01-01T23:59:60Z',
  '2020-01-01T00:00:00Zx',
  '2020-01-01T00:00:00Z (said so)',
  '2020-01-01 00:00:00Z',
  '2020-01-01T00:00:00.Z',
  '2020-01-01T00:00:00+25:00',
  '2020-01-01T00:00:00+01:00:00',
  '2020-01-01T00:00Z',
  '20200101T000000Z',
  '+002020-01-01T00:00:00Z',
  ' 2020-01-01T00:00:00Z',
  '1577836800000',
  'now',
  '',
  -1,
  1e300,
  true,
]

/** Values of attributes besides text, numbers, versions and dates. */
export const OTHER_VALUES: readonly unknown[] = [
  true,
  false,
  null,
  {},
  [],
  { a: 1 },
  ['a'],
  [['a']],
  [null, 'a'],
]

/** Attribute references, most of which exist in a generated context. */
export const REFERENCES = [
  'key',
  'name',
  '/name',
  'email',
  'age',
  '/age',
  'groups',
  'kind',
  'anonymous',
  '/address/city',
  '/address/zip/code',
  '/a~1b',
  '/t~0t',
  '/t~01',
] as const
export const DOUBTFUL_REFERENCES = [
  'address',
  'address/city',
  'a/b',
  't~t',
  '/~1lead',
  '/~0lead',
  '/lead',
  'lead',
  '/groups/0',
  '/groups/length',
  '/name/0',
  '/name/length',
  '/missing/x',
  'missing',
  '/kind',
  '/key',
  '/anonymous',
  '/anonymous/x',
  '',
  '/',
  '//',
  '/a//b',
  'a//b',
  '/name/',
  '/a~2',
  '/a~|b',
  '/a~',
  'name~',
  '_meta',
  '/_meta',
  '/_meta/privateAttributes',
  '/__proto__/x',
  '/address/constructor',
  'secondary',
  'custom',
  '/custom/x',
] as const

/** Names that every object inherits. */
export const INHERITED = ['toString', 'constructor', '__proto__', 'valueOf'] as const

export const OPERATORS = [
  'in',
  'startsWith',
  'endsWith',
  'contains',
  'matches',
  'lessThan',
  'lessThanOrEqual',
  'greaterThan',
  'greaterThanOrEqual',
  'before',
  'after',
  'semVerEqual',
  'semVerLessThan',
  'semVerGreaterThan',
  'segmentMatch',
] as const
export type Operator = (typeof OPERATORS)[number]

export const FLAG_KEYS = [
  'f0',
  'f1',
  'f2',
  'f3',
  'f4',
  'f5',
  'f6',
  'f7',
  'f8',
  'constructor',
  '__proto__',
] as const
export const SEGMENT_KEYS = ['s0', 's1', 's2', 's3', 's4', 's5', '__proto__', 'constructor'] as const

/**
 * Returns the keys that an item may refer to: usually those after it, sometimes any, including itself. If it were always any,
 * the graph of references would have too many paths.
 */
export function reachable(random: Random, all: readonly string[], from: string): readonly string[] {
  const behind = all.slice(all.indexOf(from) + 1)
  return random.chance(0.1) ? all : [...behind, 'missing']
}
