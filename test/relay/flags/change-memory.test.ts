import { expect, it } from 'vitest'
import type { Change, ItemKind } from '../../../src/model/change-set.ts'
import { ChangeMemory } from '../../../src/relay/flags/change-memory.ts'
import { differencesOf } from '../../../src/relay/flags/differences.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'

const put = (key: string, version: number, members: object = {}, kind: ItemKind = 'flag'): Change => ({
  op: 'put',
  kind,
  key,
  version,
  object: { key, version, ...members },
})

function memory(maxBytes?: number) {
  const clock = new VirtualClock()
  const changes = new ChangeMemory(clock, maxBytes)
  const accept = (type: 'full' | 'partial', ...list: readonly Change[]): void =>
    changes.accept({ changeSet: { type, changes: list }, selector: undefined })
  return { clock, changes, accept }
}

it('(PG23.1) records changes of a flag with old and new values, newest first, but not the first data', async () => {
  const { clock, changes, accept } = memory()
  accept('full', put('a', 1, { on: false }), put('b', 1))
  expect([changes.of('flag', 'a'), changes.changedKeys('flag')]).toEqual([[], []])
  await clock.advance(1_000)
  accept('partial', put('a', 2, { on: true }), put('c', 1), put('a', 1, {}, 'segment'))
  await clock.advance(1_000)
  accept('partial', put('a', 3, { on: true, offVariation: 1 }), {
    op: 'delete',
    kind: 'flag',
    key: 'b',
    version: 2,
  })
  const now = clock.now()
  expect(changes.of('flag', 'a')).toEqual([
    {
      at: now,
      type: 'changed',
      kind: 'flag',
      key: 'a',
      from: 2,
      to: 3,
      differences: [{ path: 'offVariation', to: '1' }],
      isCut: false,
    },
    {
      at: now - 1_000,
      type: 'changed',
      kind: 'flag',
      key: 'a',
      from: 1,
      to: 2,
      differences: [{ path: 'on', from: 'false', to: 'true' }],
      isCut: false,
    },
  ])
  expect(changes.of('flag', 'b')).toMatchObject([{ type: 'deleted', from: 1 }])
  expect(changes.of('flag', 'c')).toMatchObject([{ type: 'added', to: 1 }])
  expect(changes.of('segment', 'a')).toMatchObject([{ type: 'added', kind: 'segment' }])
  expect(changes.changedKeys('flag')).toEqual(['b', 'a', 'c'])
  expect(changes.lastChangeAt('flag', 'c')).toBe(now - 1_000)
})

it('(PG23.1) compares a full payload with the data before: equal versions are no change, absent items were deleted', () => {
  const { changes, accept } = memory()
  accept('full', put('a', 1), put('b', 1), put('c', 5, { on: true }))
  accept('full', put('a', 1), put('c', 4, { on: false }), put('d', 1))
  expect(changes.changedKeys('flag').toSorted()).toEqual(['b', 'c', 'd'])
  expect(changes.of('flag', 'b')).toMatchObject([{ type: 'deleted' }])
  expect(changes.of('flag', 'c')).toMatchObject([{ from: 5, to: 4, differences: [{ path: 'on' }] }])
  accept('partial', put('b', 3))
  expect(changes.of('flag', 'b').map(({ type }) => type)).toEqual(['added', 'deleted'])
})

it('(PG23.2) forgets the oldest changes beyond its memory', () => {
  const { changes, accept } = memory(20_000)
  accept('full', put('a', 0), put('big', 0))
  for (let version = 1; version <= 1_000; version++)
    accept('partial', put('a', version, { on: version % 2 === 0 }))
  const kept = changes.of('flag', 'a')
  expect(kept[0]).toMatchObject({ from: 999, to: 1_000 })
  expect(kept.length).toBeGreaterThan(10)
  expect(kept.length).toBeLessThan(70)
  accept('partial', put('big', 1, { variations: ['x'.repeat(5_000_000)] }))
  expect(changes.of('flag', 'big')[0]?.differences[0]?.to?.length).toBeLessThan(200)
  for (let index = 0; index < 200; index++) accept('partial', put(`other-${index}`, 1))
  expect([changes.of('flag', 'a'), changes.lastChangeAt('flag', 'a')]).toEqual([[], undefined])
})

it('(PG23.3) records only the versions of further items if many change together', () => {
  const { changes, accept } = memory(10_000_000)
  const flags = (version: number): Change[] =>
    Array.from({ length: 300 }, (_, index) => put(`flag-${index}`, version, { on: version === 2 }))
  accept('full', ...flags(1))
  accept('full', ...flags(2))
  expect(changes.of('flag', 'flag-0')).toMatchObject([{ isCut: false, differences: [{ path: 'on' }] }])
  expect(changes.of('flag', 'flag-299')).toMatchObject([{ from: 1, to: 2, isCut: true, differences: [] }])
})

it.each<[string, object, object, readonly object[]]>([
  ['nothing but the version', { version: 1, a: [1] }, { version: 2, a: [1] }, []],
  ['a member', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', from: '1', to: '2' }]],
  ['another type', { a: [1] }, { a: { 0: 1 } }, [{ path: 'a', from: '[1]', to: '{"0":1}' }]],
  ['null', { a: null }, { a: 0 }, [{ path: 'a', from: 'null', to: '0' }]],
  ['an element at the start', { a: [1, 2, 3] }, { a: [0, 1, 2, 3] }, [{ path: 'a[0]', to: '0' }]],
  ['an element within', { a: ['x', 'y', 'z'] }, { a: ['x', 'z'] }, [{ path: 'a[1]', from: '"y"' }]],
  [
    'a clause of a rule',
    { rules: [{ clauses: [{ values: ['a'] }] }, { id: 2 }] },
    { rules: [{ clauses: [{ values: ['a', 'b'] }] }, { id: 2 }] },
    [{ path: 'rules[0].clauses[0].values[1]', to: '"b"' }],
  ],
  ['a hostile name', JSON.parse('{"__proto__":1}'), {}, [{ path: '__proto__', from: '1' }]],
])('(PG23.1) a change of %s', (_, before, after, list) => {
  expect(differencesOf(before, after)).toEqual({ list, isCut: false })
})

it('(PG23.2) gives up a comparison of large data, and cuts long lists of differences', () => {
  const numbers = (offset: number): number[] => Array.from({ length: 200_000 }, (_, index) => index + offset)
  const large = differencesOf({ a: [numbers(0), 1] }, { a: [numbers(0), 2] })
  expect(large).toEqual({ list: [], isCut: true })
  const many = differencesOf({ a: numbers(0) }, { a: numbers(1) })
  expect([many.list.length, many.isCut]).toEqual([20, true])
})
