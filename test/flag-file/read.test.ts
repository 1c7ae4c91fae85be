import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readFlagFile } from '../../src/flag-file/read.ts'

let path: string

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-read-'))
  path = join(folder, 'flags.json')
  return () => rm(folder, { recursive: true })
})

test('a file is read, with or without a byte order mark', async () => {
  await writeFile(path, '\ufeff{"flagValues":{"a":true}}')
  expect([...(await readFlagFile(path)).flags.keys()]).toEqual(['a'])
})

test('a file that is not there is an error that names it', async () => {
  await expect(readFlagFile(path)).rejects.toMatchObject({
    code: 'FLAG_FILE',
    path,
    reason: expect.stringContaining('ENOENT'),
  })
})

test('bytes that are not UTF-8 are an error rather than odd characters', async () => {
  await writeFile(path, Buffer.from('{"flagValues":{"a":"\xe9"}}', 'latin1'))
  await expect(readFlagFile(path)).rejects.toMatchObject({
    code: 'FLAG_FILE',
    path,
    reason: expect.stringContaining('is not UTF-8'),
  })
})
