import { expect, it } from 'vitest'
import { type Source, SourceRun } from '../../src/datasystem/source.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { flag, full, gone, partial, segment } from '../support/words.ts'

it('(D19) a source can look up the current items of memory while it runs', async () => {
  const store = new MemoryStore()
  const apply = (result: SourceResult): void => {
    if (result.type === 'changeSet' && result.changeSet.type !== 'none') store.apply(result.changeSet)
  }
  const seen: unknown[] = []
  const start: Source['start'] = async function* (_basis, _signal, held) {
    const look = (): unknown => seen.push([held('flag', 'a'), held('segment', 'a'), held('flag', 'toString')])
    look()
    yield full('A', flag('a', 1), segment('a', 7))
    look()
    yield partial('B', flag('a', 2))
    look()
    yield partial('C', gone('a'))
    look()
  }
  const source: Source = { name: 'custom', role: 'synchronizer', start }
  const run = new SourceRun(source, store, new AbortController().signal)
  for (let next = await run.next(); !next.done; next = await run.next()) apply(next.value)
  expect(seen).toEqual([
    [undefined, undefined, undefined],
    [{ key: 'a', version: 1 }, { key: 'a', version: 7 }, undefined],
    [{ key: 'a', version: 2 }, { key: 'a', version: 7 }, undefined],
    [undefined, { key: 'a', version: 7 }, undefined],
  ])
})
