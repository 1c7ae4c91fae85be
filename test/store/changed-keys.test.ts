import { expect, it } from 'vitest'
import type { AppliedChangeSet, Change } from '../../src/model/change-set.ts'
import { changedKeys } from '../../src/store/changed-keys.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { flag, gone } from '../support/words.ts'

function changed(before: Change[], after: AppliedChangeSet): string[] {
  const store = new MemoryStore()
  store.apply({ type: 'full', changes: before })
  return [...changedKeys(store, after).flags].sort()
}

it('(D24) compares values and versions: a difference in either is a change', () => {
  const before = [flag('a', 1, { on: true }), flag('b', 1, { on: true })]
  const changes = [flag('a', 1, { on: false }), flag('b', 2, { on: true })]
  expect(changed(before, { type: 'partial', changes })).toEqual(['a', 'b'])
})

it('(D24) an empty full payload changes all keys', () => {
  expect(changed([flag('a'), flag('__proto__')], { type: 'full', changes: [] })).toEqual(['__proto__', 'a'])
})

it('(D24) compares the last change of a key in a transaction', () => {
  expect(
    changed([flag('a')], { type: 'partial', changes: [flag('b'), gone('b'), gone('a'), flag('a')] }),
  ).toEqual([])
})

it('(D24) ignores the order of members', () => {
  const object = { on: true, key: 'a', version: 1 }
  expect(
    changed([flag('a', 1, { on: true })], {
      type: 'full',
      changes: [{ op: 'put', kind: 'flag', key: 'a', version: 1, object }],
    }),
  ).toEqual([])
})
