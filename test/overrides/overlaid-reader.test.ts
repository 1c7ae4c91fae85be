import { expect, it } from 'vitest'
import type { FlagReader } from '../../src/evaluation/run.ts'
import type { PutChange } from '../../src/model/change-set.ts'
import { OverlaidReader } from '../../src/overrides/overlaid-reader.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

const put = (kind: PutChange['kind'], key: string): PutChange => {
  return { op: 'put', kind, key, version: 1, object: { key, version: 1 } }
}

function overlaid(base: FlagReader): OverlaidReader {
  const store = new MemoryStore()
  store.apply({ type: 'full', changes: [put('flag', 'a'), put('segment', 's')] })
  return new OverlaidReader(base, store)
}

const base: FlagReader = { flag: (key) => ({ key, version: 7 }), segment: (key) => ({ key, version: 7 }) }

it('(OV1.2) reads other keys from the base, and remembers whether it returned an override', () => {
  const reader = overlaid(base)
  expect([reader.flag('s')?.version, reader.segment('a')?.version, reader.used]).toEqual([7, 7, false])
  expect([reader.flag('a')?.version, reader.used]).toEqual([1, true])
  const another = overlaid(base)
  expect([another.segment('s')?.version, another.used]).toEqual([1, true])
})

it('(OV1.2) has the memberships of the base, if it has any', () => {
  const memberships = { membership: () => undefined }
  expect(overlaid({ ...base, memberships }).memberships).toBe(memberships)
  expect(overlaid(base).memberships).toBeUndefined()
})
