import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { readFlagFile } from '../../src/flag-file/read.ts'

vi.mock('node:fs/promises', { spy: true })

let path: string

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-read-'))
  path = join(folder, 'flags.json')
  return () => rm(folder, { recursive: true })
})

test('reads a file with or without a byte order mark', async () => {
  await writeFile(path, '\ufeff{"flagValues":{"a":true}}')
  expect([...(await readFlagFile(path)).flags.keys()]).toEqual(['a'])
})

test('rejects with the path of a missing file', async () => {
  await expect(readFlagFile(path)).rejects.toMatchObject({
    code: 'FLAG_FILE',
    path,
    reason: expect.stringContaining('ENOENT'),
  })
})

test('rejects bytes that are not UTF-8', async () => {
  await writeFile(path, Buffer.from('{"flagValues":{"a":"\xe9"}}', 'latin1'))
  await expect(readFlagFile(path)).rejects.toMatchObject({
    code: 'FLAG_FILE',
    path,
    reason: expect.stringContaining('is not UTF-8'),
  })
})

test.each([
  ['EMFILE', 'this process cannot open any more files; raise the limit (ulimit -n)'],
  ['ENFILE', 'this machine cannot open any more files; raise its limit (fs.file-max)'],
])('(S179.2) names the limit of open files and the remedy after %s', async (code, remedy) => {
  const cause = Object.assign(new Error(`${code}: too many open files, open '${path}'`), { code })
  vi.mocked(readFile).mockRejectedValueOnce(cause)
  await expect(readFlagFile(path)).rejects.toMatchObject({
    message: `${path}: cannot be read: ${remedy} (${code})`,
    cause,
  })
})

test('(S25.9) refuses a device, which may have no end', async () => {
  await expect(readFlagFile('/dev/zero')).rejects.toThrow(
    '/dev/zero: is a pipe, a socket or a device; name a regular file',
  )
})
