import { expect, it } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import type { Item, Snapshot } from '../../../src/model/change-set.ts'
import { type ItemFilter, ItemIndex } from '../../../src/relay/flags/item-index.ts'

const FLAGS: ItemFilter = { kind: 'flag', sort: 'key' }
const NEVER = new AbortController().signal

function snapshotOf(items: readonly Item[]): Snapshot {
  return { flags: new Map(items.map((item) => [item.key, item])), segments: new Map(), selector: undefined }
}

const itemsNamed = (keys: readonly string[]): readonly Item[] =>
  keys.map((key) => ({ key, version: 1, object: { key, variations: [`value of ${key}`] } }))

it('(PG20.1) sorts keys of any number and order', async () => {
  for (const count of [0, 1, 2, 255, 256, 257, 1_000, 5_001]) {
    const keys = Array.from({ length: count }, (_, index) => `flag-${(index * 7_919) % 10_007}`)
    const index = new ItemIndex(systemClock)
    const matches = await index.select(snapshotOf(itemsNamed(keys)), FLAGS, { firstKeys: [], signal: NEVER })
    expect(matches.map(({ item }) => item.key)).toEqual(keys.toSorted())
  }
})

it('(PG20.6) ends a search when the client has left', async () => {
  const index = new ItemIndex(systemClock)
  const snapshot = snapshotOf(itemsNamed(['a', 'b']))
  const gone = AbortSignal.abort(new Error('gone'))
  await expect(index.select(snapshot, FLAGS, { firstKeys: [], signal: gone })).rejects.toThrow('gone')
  // The next request is not affected.
  expect(await index.select(snapshot, FLAGS, { firstKeys: [], signal: NEVER })).toHaveLength(2)
})

it('(PG20.3) keeps a selection for the next page until the data changes', async () => {
  const index = new ItemIndex(systemClock)
  const snapshot = snapshotOf(itemsNamed(['a', 'b', 'c']))
  const select = (of: Snapshot, search: string) =>
    index.select(of, { ...FLAGS, search }, { firstKeys: [], signal: NEVER })
  const first = await select(snapshot, 'a')
  expect(await select(snapshot, 'a')).toBe(first)
  for (const search of ['b', 'c', 'd', 'e']) await select(snapshot, search)
  expect(await select(snapshot, 'a')).not.toBe(first)
  const changed = snapshotOf(itemsNamed(['a', 'ab']))
  expect((await select(changed, 'a')).map(({ item }) => item.key)).toEqual(['a', 'ab'])
})

it('(PG21) finds text in any letters, and takes no character of it for a pattern', async () => {
  const keys = ['Straße', 'a.b', 'axb', '(', '\\', '\ud800', 'İ']
  const index = new ItemIndex(systemClock)
  const snapshot = snapshotOf(keys.map((key) => ({ key, version: 1, object: { key } })))
  const found = async (search: string): Promise<readonly string[]> =>
    (await index.select(snapshot, { ...FLAGS, search }, { firstKeys: [], signal: NEVER })).map(
      ({ item }) => item.key,
    )
  expect(await found('STRAß')).toEqual(['Straße'])
  expect(await found('a.B')).toEqual(['a.b'])
  expect(await found('(')).toEqual(['('])
  expect(await found('\\')).toEqual(['\\'])
  expect(await found('\ud800')).toEqual(['\ud800'])
})
