import { execFileSync } from 'node:child_process'
import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readArchive } from '../../../src/relay/archive/read-archive.ts'
import { folderForTest } from '../../flag-file/folder.ts'
import { constant } from '../../support/stored.ts'
import {
  ENV_ONE,
  ENV_TWO,
  entriesOf,
  filesOf,
  KEYS,
  never,
  ONE,
  pack,
  packed,
  summed,
  TWO,
} from './packed.ts'

it('S100: reads both environments, gzipped or not, with any file name', async () => {
  const folder = await folderForTest()
  const entries = entriesOf(summed(filesOf(ONE, TWO)))
  for (const manner of ['tar', 'gzip'] as const) {
    const path = await pack(folder, entries, manner)
    const archive = await readArchive(path, never)
    expect(archive.path).toBe(path)
    expect(archive.environments).toMatchObject([
      {
        id: ENV_ONE.envID,
        name: 'Production',
        projName: 'Spree',
        projKey: 'spree',
        sdkKey: KEYS.one,
        moreSdkKeys: [],
        ttlMinutes: 0,
        version: 7,
        dataId: 'data-1',
        data: {
          changeSet: {
            type: 'full',
            changes: [
              { op: 'put', kind: 'flag', key: 'a', version: 3, object: constant('a', 3, 'one') },
              { op: 'put', kind: 'segment', key: 'staff', version: 2 },
            ],
          },
        },
      },
      { id: ENV_TWO.envID, name: 'Test', sdkKey: KEYS.two, dataId: 'data-2' },
    ])
  }
})

it('S100: reads an archive that tar and md5sum have created', async () => {
  const folder = await folderForTest()
  const files = filesOf(TWO, ONE)
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const { envID: one } = ENV_ONE
  const { envID: two } = ENV_TWO
  const sum = `cat ${one}-data.json ${one}.json ${two}-data.json ${two}.json | md5sum | cut -c1-32 | xxd -r -p`
  try {
    execFileSync('sh', ['-c', `${sum} > checksum.md5`], { cwd: folder })
  } catch {
    // Not every machine has xxd.
    const hex = execFileSync('sh', ['-c', sum.replace(' | xxd -r -p', '')], { cwd: folder })
      .toString()
      .trim()
    await writeFile(join(folder, 'checksum.md5'), Buffer.from(hex, 'hex'))
  }
  const path = join(await folderForTest(), 'flags.of.mine')
  for (const flags of ['-cf', '-czf']) {
    execFileSync('tar', [flags, path, '-C', folder, '.'])
    expect((await readArchive(path, never)).environments.map(({ id }) => id)).toEqual([one, two])
  }
})

it('S100: further keys are those of the list, or else the expiring one', async () => {
  const folder = await folderForTest()
  const expiring = { ...ENV_ONE.sdkKey, expiring: { value: KEYS.old, timestamp: 1_700_000_000_000 } }
  const keysOf = async (env: object): Promise<unknown> =>
    (await readArchive(await packed(folder, { env: { ...ENV_ONE, ...env } }), never)).environments[0]
      ?.moreSdkKeys
  expect(await keysOf({ sdkKey: expiring })).toEqual([{ value: KEYS.old, until: 1_700_000_000_000 }])
  const sdkKeys = [
    { key: 'default', value: KEYS.one, hasViews: false },
    { key: 'next', value: KEYS.two, expiry: 5, hasViews: false },
    { key: 'partial', value: 'sdk-of-a-view', hasViews: true },
  ]
  expect(await keysOf({ sdkKey: expiring, sdkKeys })).toEqual([{ value: KEYS.two, until: 5 }])
  expect(await keysOf({ sdkKey: { value: KEYS.one }, sdkKeys: null })).toEqual([])
})

it('S100: applies defaults, reads deletions, and accepts keys such as `__proto__`', async () => {
  const folder = await folderForTest()
  const env = { envID: 'e-1', sdkKey: { value: KEYS.one } }
  const data =
    '{"flags":{"__proto__":{"key":"__proto__","version":2},"constructor":{"version":3},"":{"version":4},"gone":{"version":5,"deleted":true}},"other":{"x":{}}}'
  const files = { 'e-1.json': JSON.stringify({ env }), 'e-1-data.json': data }
  const path = await pack(folder, entriesOf(summed(files)))
  const [environment] = (await readArchive(path, never)).environments
  expect(environment).toMatchObject({ name: '', projName: '', projKey: '', version: 0, ttlMinutes: 0 })
  // Without a dataId, the hash of the data takes its place.
  expect(environment?.dataId).toBe(environment?.data.hash)
  const changes = environment?.data.changeSet.changes ?? []
  expect(changes.map(({ op, key, version }) => [op, key, version])).toEqual([
    ['put', '__proto__', 2],
    ['put', 'constructor', 3],
    ['put', '', 4],
    ['delete', 'gone', 5],
  ])
})

it('S100: ignores other files and the folder that was packed', async () => {
  const folder = await folderForTest()
  const entries = entriesOf({ ...summed(filesOf(ONE)), 'read me.txt': 'hello', 'über.txt': '' })
  const withFolder = [{ header: { name: './', type: 'directory', size: 0 } as const }, ...entries]
  expect((await readArchive(await pack(folder, withFolder), never)).environments).toHaveLength(1)
})

it('S100: follows a link to an archive', async () => {
  const folder = await folderForTest()
  const path = await packed(folder, ONE)
  await symlink(path, join(folder, 'current'))
  expect((await readArchive(join(folder, 'current'), never)).environments).toHaveLength(1)
})

it('S100: stops if the signal aborts', async () => {
  const path = await packed(await folderForTest(), ONE)
  await expect(readArchive(path, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
