import { init, integrations, type LDClient } from '@launchdarkly/node-server-sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileOperator } from '../../src/evaluation/operators.ts'
import { compilePattern } from '../../src/evaluation/pattern.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import { characterOfText, patternOfJavaScript } from './pattern-arbitrary.ts'

await loadPatternEngine()

const data = new integrations.TestData()
let official: LDClient

beforeAll(async () => {
  official = init('sdk-key', {
    updateProcessor: data.getFactory(),
    sendEvents: false,
    diagnosticOptOut: true,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  await official.waitForInitialization({ timeout: 60 })
})

afterAll(() => official.close())

const text = fc.string({ unit: characterOfText, maxLength: 4 })
const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.5, 1e21, -1.5),
)
const anything = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(text, number, fc.boolean(), fc.constant(null)) },
  fc.jsonValue({ maxDepth: 1 }),
)

const identifier = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'B',
    'a1',
    '1a',
    '-',
    '0',
    '1',
    '2',
    '10',
    '01',
    '',
    '9007199254740993',
    '9007199254740992',
  ),
  text,
)
const part = fc.constantFrom('0', '1', '2', '10', '01', '9007199254740991', '9007199254740992', '', 'x')
const version = fc
  .tuple(
    fc.constantFrom('', '', '', '', ' ', 'v', ' v', '\t', '='),
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom('0', '1', '2') }, part), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.oneof(fc.constant([]), fc.array(identifier, { minLength: 1, maxLength: 3 })),
    fc.constantFrom('', '', '+b', '+b.01', '+', '+é', ' ', '\n', 'a'),
  )
  .map(([start, numbers, prerelease, end]) =>
    [start, numbers.join('.'), prerelease.length > 0 ? `-${prerelease.join('.')}` : '', end].join(''),
  )

const two = (max: number) => fc.integer({ min: 0, max }).map((digits) => String(digits).padStart(2, '0'))
const date = fc.oneof(
  number,
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_003 }),
  fc.constantFrom(
    '2023-11-14T22:13:20Z',
    '2023-11-14T22:13:20.001Z',
    '2023-11-14',
    '1700000000000',
    '14 Nov 2023',
  ),
  fc
    .tuple(
      fc.constantFrom('2023-11-', '2023-13-', '0000-01-', '23-11-', ' 2023-11-'),
      two(33),
      fc.constantFrom('T', 't', ' ', ''),
      two(26),
      fc.constantFrom(':13:20', ':60:20', ':13:60', ':13'),
      fc.constantFrom('', '.5', '.001', '.123456789', '.', ',5'),
      fc.constantFrom(
        'Z',
        'z',
        '',
        '+01:00',
        '-07',
        '+0100',
        '-07:00:00',
        'Z ',
        'Z!',
        'Z (x)',
        '+25:00',
        ' GMT',
      ),
    )
    .map((parts) => parts.join('')),
)

function values(fitting: fc.Arbitrary<unknown>): fc.Arbitrary<readonly unknown[]> {
  return fc.array(fc.oneof({ weight: 6, arbitrary: fitting }, anything), { maxLength: 12, size: 'small' })
}

/** Excluded: patterns of JavaScript that RE2 cannot express, where the behaviour differs on purpose. */
const pattern = patternOfJavaScript.filter(
  (source) => compilePattern(source).type === 'ready' || !isRegExp(source),
)

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}

it.each<[ops: readonly string[], values: fc.Arbitrary<unknown>, attribute: fc.Arbitrary<unknown>]>([
  [['in', 'equals', ''], anything, anything],
  [['startsWith', 'endsWith', 'contains'], text, text],
  [['matches'], pattern, text],
  [['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'], number, number],
  [['before', 'after'], date, date],
  [['semVerEqual', 'semVerLessThan', 'semVerGreaterThan'], version, version],
])('%j match the same values as in the official SDK', async (ops, value, attribute) => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ops),
      values(value),
      values(attribute),
      async (op, clause, attributes) => {
        await data.usePreconfiguredFlag(flagOf(op, clause))
        const theirs = await Promise.all(attributes.map(officialAnswer))
        expect(attributes.filter(compileOperator(op, clause, () => undefined))).toEqual(
          attributes.filter((_, i) => theirs[i]),
        )
      },
    ),
    { numRuns: 1_500 },
  )
})

function flagOf(op: string, clause: readonly unknown[]) {
  return {
    key: 'flag',
    version: 1,
    on: true,
    variations: [false, true],
    fallthrough: { variation: 0 },
    rules: [
      { id: 'rule', variation: 1, clauses: [{ contextKind: 'user', attribute: 'a', op, values: clause }] },
    ],
  }
}

/** Uses a list attribute, because the SDK then compares values of every type. */
function officialAnswer(attribute: unknown): Promise<unknown> {
  return official.variation('flag', { kind: 'user', key: 'user', a: [attribute] }, 'none')
}
