import { expect, it } from 'vitest'
import { compileOperator } from '../../src/evaluation/operators.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'

await loadPatternEngine()

const object = { a: 1 }
const noon = '2024-02-29T12:00:00Z'
const noonMs = Date.UTC(2024, 1, 29, 12)
const many = Array.from({ length: 20 }, (_, i) => `user-${i}`)

const ignore = (): void => undefined

type Row = readonly [
  op: string,
  values: readonly unknown[],
  matching: readonly unknown[],
  others: readonly unknown[],
]

it.each<Row>([
  ['in', [], [], ['', undefined, null]],
  ['in', ['a'], ['a'], ['A', 'a ', '', null, undefined, ['a']]],
  ['in', [5], [5, 5.0], ['5', 6, true]],
  ['in', ['5'], ['5'], [5]],
  ['in', [true, 0, ''], [true, 0, -0, ''], [false, 1, null, 'true']],
  ['in', [null], [null], [undefined, 0, 'null', '']],
  ['in', [object, Number.NaN], [object], [{ a: 1 }, Number.NaN, '[object Object]']],
  ['in', [Number.NaN], [], [Number.NaN]],
  ['in', many, ['user-0', 'user-19'], ['user-20', 'user', 0, null, undefined]],
  ['in', [...many, 7, Number.NaN, null], [7, null], ['7', Number.NaN, undefined]],
  ['startsWith', ['ab'], ['ab', 'abc'], ['a', 'xab', 'AB', '', 5, null, ['ab']]],
  ['startsWith', [''], ['', 'a'], [1, null, undefined]],
  ['startsWith', [1, null, 'x', 'y'], ['x', 'yes'], [1, '1', 'null', 'a']],
  ['endsWith', ['ab'], ['ab', 'cab'], ['abx', 'b', '', 5]],
  ['endsWith', [{}, 'x', 'y'], ['xx', 'y'], ['[object Object]', 'a']],
  ['contains', ['b'], ['abc', 'b'], ['ac', '', 5, ['b']]],
  ['contains', [5, '5', 'x'], ['150', 'ax'], [5, 150, '']],
  ['contains', ['.'], ['a.b'], ['ab']],
  ['matches', ['b+'], ['abbc'], ['ac', 5, null]],
  ['matches', ['^5$', 5], ['5'], [5, '55']],
  ['matches', ['(', 'x'], ['x'], ['(', 'a']],
  ['matches', ['(?<=a)b', 'x'], ['x'], ['ab', 'b', '']],
  ['matches', ['a{0,1001}'], [], ['a', '']],
  ['matches', [null, 5, {}], [], ['null', '5', 5]],
  ['lessThan', [5], [4, -1, 4.99], [5, 6, '4', null, true, Number.NaN]],
  ['lessThan', [1, 9, 5], [8.9], [9, 10]],
  ['lessThan', ['5', null, Number.NaN], [], [1, '1', Number.NaN]],
  ['lessThan', ['5', Number.NaN, 3], [2], [3, 4]],
  ['lessThanOrEqual', [1, 5], [5, 0], [5.1, '5']],
  ['greaterThan', [5, 9], [6, Infinity], [5, 4, '6']],
  ['greaterThanOrEqual', [5, 9], [5, 6], [4.9, '5', true]],
  ['before', [noon], [noonMs - 1, '2024-02-29T11:59:59.999Z'], [noonMs, noon, 'yesterday', null, {}]],
  ['before', ['no date', null, {}, true], [], [0, noon]],
  ['before', ['no date', noonMs, 0], [noonMs - 1, '2024-02-29T14:00:00+03:00'], [noonMs]],
  ['after', [noon], [noonMs + 1, '2024-02-29T12:00:00.001Z', '2024-02-29T11:00:00-02:00'], [noonMs, noon]],
  ['after', [noonMs + 5, noonMs], [noonMs + 1], [noonMs, String(noonMs + 1), '2024-03-01', '2024']],
  ['after', ['2024-13-29T12:00:00Z'], [], [noonMs, noon]],
  ['semVerEqual', ['2.0.0'], ['2.0.0', '2', '2.0', '2.0.0+build', ' 2.0.0 '], ['2.0.1', '2.0.0-a', 2, 'v2']],
  ['semVerEqual', ['2', 'x', 3], ['2.0.0'], ['x', '3', 3]],
  ['semVerLessThan', ['2.0.0'], ['2.0.0-rc.1', '1.99.99', '1'], ['2.0.0', '2', '10', '02', 1]],
  ['semVerGreaterThan', ['1.9.0', '3'], ['1.10', '2.0.0-rc.1'], ['1.9', '1.9.0-z', '1.10.x', 2, null]],
  ['semVerGreaterThan', ['x', null], [], ['1.0.0', 'y']],
  ['segmentMatch', ['a'], [], ['a']],
  ['', ['a'], [], ['a']],
  ['IN', ['a'], [], ['a']],
  // The official SDK treats these as operators, because it looks them up in a plain object.
  ['constructor', ['a'], [], ['a']],
  ['toString', ['a'], [], ['a']],
  ['__proto__', ['a'], [], ['a']],
])('%s %j matches %j, but not %j', (op, values, matching, others) => {
  const matches = compileOperator(op, values, ignore)
  expect(matching.filter((value) => !matches(value))).toEqual([])
  expect(others.filter((value) => matches(value))).toEqual([])
})

it('never matches an operator that is not a string', () => {
  for (const op of [null, undefined, 5, {}]) {
    expect(compileOperator(op as string, ['a'], ignore)('a')).toBe(false)
  }
})

it('returns the same match regardless of earlier matches', () => {
  const above = compileOperator('semVerGreaterThan', ['1'], ignore)
  const below = compileOperator('semVerLessThan', ['1'], ignore)
  const answers = ['2', '0.1', '2', 'x', '2', ''].map((version) => [above(version), below(version)])
  const no = [false, false]
  expect(answers).toEqual([[true, false], [false, true], [true, false], no, [true, false], no])
})

it('(S37) reports a refused pattern with its reason when the clause is compiled', () => {
  const refusals: unknown[] = []
  compileOperator('matches', ['(', 5, 'x', '(a)\\1'], (refusal) => refusals.push(refusal))
  expect(refusals).toEqual([
    { pattern: '(', reason: 'Unterminated group' },
    { pattern: '(a)\\1', reason: expect.stringContaining('back-reference') },
  ])
})
