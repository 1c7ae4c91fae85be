import { expect, it } from 'vitest'
import { pollingInitializer } from '../../src/initializers/polling.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { full, interrupted, selector } from '../support/words.ts'

it('(D6) polls once at the given basis, and yields the results', async () => {
  for (const answer of [full('A'), interrupted()]) {
    const asked: unknown[] = []
    const source = pollingInitializer({
      name: 'init',
      async *poll(basis) {
        asked.push(basis)
        yield answer
      },
    })
    const heard: SourceResult[] = []
    for await (const result of source.fetch(selector('S'), new AbortController().signal)) heard.push(result)
    expect(asked).toEqual([selector('S')])
    expect(heard).toEqual([answer])
  }
})
