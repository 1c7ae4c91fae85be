import { expect, it } from 'vitest'
import { type Bucketing, bucket } from '../../src/evaluation/attribute.ts'
import { readContext } from '../../src/evaluation/context.ts'
import { Run } from '../../src/evaluation/run.ts'

function place(key: unknown, bucketing: Partial<Bucketing> = {}): number {
  const context = readContext({ kind: 'user', key: 'k', by: key })
  if (typeof context === 'string') return expect.fail(context)
  return bucket(new Run({ flag: () => undefined, segment: () => undefined }, context, 'nothing'), {
    contextKind: 'user',
    reference: 'by',
    prefix: 'hashKey.saltyA.',
    ...bucketing,
  })
}

it.each<[unknown, string, number]>([
  ['userKeyA', 'hashKey.saltyA.', 0.42157587],
  ['userKeyB', 'hashKey.saltyA.', 0.6708485],
  ['userKeyC', 'hashKey.saltyA.', 0.10343106],
  ['userKeyA', '61.', 0.09801207],
  ['userKeyB', '61.', 0.14483777],
  ['userKeyC', '61.', 0.9242641],
  ['33333', 'hashKey.saltyA.', 0.54771423],
  [33_333, 'hashKey.saltyA.', 0.54771423],
])('(S34.1) gives %j after %j the same bucket as every SDK of LaunchDarkly', (key, prefix, expected) => {
  expect(place(key, { prefix })).toBeCloseTo(expected, 7)
})

it('(S34) hashes a key as UTF-8, at any length', () => {
  expect(place('ключ-ü-🙂')).toBe(0.5478321227745151)
  expect(place('x'.repeat(500))).toBe(0.6039697835195786)
  expect(place('\ud800')).toBe(place('\ufffd'))
})

it('(S34.2) returns bucket 0 if the attribute is not a string or an integer', () => {
  for (const value of [undefined, null, 0.5, true, {}, ['a'], Number.NaN]) expect(place(value)).toBe(0)
  expect(place('userKeyA', { contextKind: 'org' })).toBe(0)
  expect(place('userKeyA', { reference: 'kind' })).toBe(0)
  expect(place('userKeyA', { reference: 'missing' })).toBe(0)
})
