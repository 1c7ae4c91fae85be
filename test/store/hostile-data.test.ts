import { expect, it } from 'vitest'
import type { Change } from '../../src/model/change-set.ts'
import type { Flag } from '../../src/model/flag.ts'
import { changedKeys } from '../../src/store/changed-keys.ts'
import { Dependents } from '../../src/store/dependents.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

const put = (members: string): Change => {
  const object = JSON.parse(`{"key":"a","version":1,${members}}`) as Flag
  return { op: 'put', kind: 'flag', key: 'a', version: 1, object }
}

it.each([
  ['a prerequisite', '"prerequisites":[{"key":{"toString":1,"valueOf":1},"variation":0}]'],
  ['a segment', '"rules":[{"clauses":[{"op":"segmentMatch","values":[{"toString":1,"valueOf":1}]}]}]'],
])('(D24) ignores %s with a key that cannot be converted to a string', (_, members) => {
  const store = new MemoryStore()
  store.apply({ type: 'full', changes: [put(members)] })
  const keys = { flags: new Set(['a']), segments: new Set<string>() }
  expect(new Dependents(store).expand(keys)).toEqual(keys)
})

it('(D24) treats a value that is nested too deeply to compare as changed', () => {
  const deep = `"variations":[${'['.repeat(20_000)}${']'.repeat(20_000)}]`
  const store = new MemoryStore()
  store.apply({ type: 'full', changes: [put(deep)] })
  expect([...changedKeys(store, { type: 'partial', changes: [put(deep)] }).flags]).toEqual(['a'])
})
