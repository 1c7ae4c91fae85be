import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { fileInitializer } from '../../src/initializers/file.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { flagValues, folderForTest } from '../flag-file/folder.ts'
import { selector } from '../support/words.ts'

let folder: string

beforeEach(async () => {
  folder = await folderForTest()
})

async function heard(...paths: string[]): Promise<SourceResult[]> {
  const results: SourceResult[] = []
  const source = fileInitializer({ warn: () => {}, name: 'files', paths })
  for await (const result of source.fetch(selector('S'), new AbortController().signal)) results.push(result)
  return results
}

it('(S25, D12) yields all data once, as a full payload without a selector', async () => {
  const [first, second] = [join(folder, 'first.json'), join(folder, 'second.yaml')]
  await writeFile(first, flagValues({ a: 1 }))
  await writeFile(second, 'segments: { s: { version: 7 } }')
  const flag = { key: 'a', version: 1, on: true, variations: [1], fallthrough: { variation: 0 } }
  expect(await heard(first, second)).toMatchObject([
    {
      type: 'changeSet',
      changeSet: {
        type: 'full',
        changes: [
          { op: 'put', kind: 'flag', key: 'a', version: 1, object: flag },
          { op: 'put', kind: 'segment', key: 's', version: 7, object: { key: 's', version: 7 } },
        ],
      },
    },
  ])
})

it('(S25) yields only an error with its position if one file is invalid', async () => {
  const [good, bad] = [join(folder, 'good.json'), join(folder, 'bad.yaml')]
  await writeFile(good, flagValues({ a: 1 }))
  await writeFile(bad, 'flags:\n  a: {}\n  a: {}\n')
  const message = `${bad}:3:3: flags.a: occurs twice in the same object`
  expect(await heard(good, bad)).toMatchObject([
    { type: 'terminalError', error: { kind: 'invalid_data', message } },
  ])
})

it('(S25) yields an error if a file is missing', async () => {
  const missing = join(folder, 'missing.json')
  const message = expect.stringContaining(`${missing}: cannot be read: ENOENT`) as string
  expect(await heard(missing)).toMatchObject([
    { type: 'terminalError', error: { kind: 'invalid_data', message } },
  ])
})
