import { execFileSync } from 'node:child_process'
import { readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Item, Snapshot } from '../../../src/model/change-set.ts'
import { readArchive } from '../../../src/relay/archive/read-archive.ts'
import { type EnvironmentToArchive, writeArchive } from '../../../src/relay/archive/write-archive.ts'
import { folderForTest } from '../../flag-file/folder.ts'
import { constant } from '../../support/stored.ts'
import { KEYS, never } from './packed.ts'

function item(key: string, version = 1, members: object = {}): Item {
  return { key, version, object: { key, version, ...members } }
}

function snapshot(flags: readonly Item[], segments: readonly Item[] = []): Snapshot {
  const byKey = (items: readonly Item[]): ReadonlyMap<string, Item> =>
    new Map(items.map((each) => [each.key, each]))
  return { flags: byKey(flags), segments: byKey(segments), selector: undefined }
}

function environment(
  metadata: Partial<EnvironmentToArchive['metadata']> = {},
  held: Snapshot = snapshot([item('a', 3, constant('a', 3, 'one'))], [item('staff', 2)]),
): EnvironmentToArchive {
  const given = {
    id: 'env-1',
    name: 'Production',
    envKey: 'production',
    projName: '',
    projKey: 'spree',
    sdkKey: KEYS.one,
    moreSdkKeys: [{ value: 'sdk-old', until: 5_000 }, { value: 'sdk-second' }],
    mobileKey: 'mob-one',
    moreMobileKeys: [{ value: 'mob-old', until: 6_000 }],
    ttlMinutes: 5,
    secureMode: true,
  }
  return { metadata: { ...given, ...metadata }, snapshot: held }
}

const second = environment({
  id: 'env-2',
  name: 'Test',
  sdkKey: KEYS.two,
  moreSdkKeys: [],
  mobileKey: 'mob-two',
  moreMobileKeys: [],
})

it('S100: reads back an archive that it wrote', async () => {
  const path = join(await folderForTest(), 'archive.tar.gz')
  await writeArchive(path, [environment(), second], never)
  const { environments } = await readArchive(path, never)
  expect(environments).toMatchObject([environment().metadata, second.metadata])
  expect(environments[0]?.data.changeSet.changes).toEqual([
    { op: 'put', kind: 'flag', ...item('a', 3, constant('a', 3, 'one')) },
    { op: 'put', kind: 'segment', ...item('staff', 2) },
  ])
})

it('(S100.4) reads back all keys with their end dates', async () => {
  const path = join(await folderForTest(), 'archive.tar.gz')
  const keys = {
    moreSdkKeys: [{ value: 'sdk-2' }, { value: KEYS.old, until: 1_700_000_000_000 }],
    moreMobileKeys: [{ value: 'mob-old', until: 1_700_000_000_000 }],
  }
  await writeArchive(path, [environment(keys)], never)
  const [read] = (await readArchive(path, never)).environments
  expect(read).toMatchObject({ ...environment().metadata, ...keys })
  const text = execFileSync('tar', ['-xzOf', path, 'env-1.json']).toString()
  expect((JSON.parse(text) as { env: object }).env).toMatchObject({
    sdkKey: { value: KEYS.one, expiring: { value: KEYS.old, timestamp: 1_700_000_000_000 } },
    sdkKeys: [{ key: 'key-1', value: KEYS.one }, { value: 'sdk-2' }, { value: KEYS.old }],
    mobileKeys: [
      { key: 'key-1', value: 'mob-one' },
      { value: 'mob-old', expiry: 1_700_000_000_000 },
    ],
  })
})

it('S100: reads back every flag unchanged, with any key and content', async () => {
  const path = join(await folderForTest(), 'archive.tar.gz')
  const items = fc.uniqueArray(
    fc
      .tuple(
        fc.oneof(fc.constantFrom('__proto__', 'constructor', '', '$deleted'), fc.string({ unit: 'binary' })),
        fc.nat(),
        fc.jsonValue({ maxDepth: 2 }),
      )
      .map(([key, version, value]) => item(key, version, { variations: [value] })),
    { selector: ({ key }) => key, maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(items, items, async (flags, segments) => {
      await writeArchive(path, [environment({}, snapshot(flags, segments))], never)
      const [read] = (await readArchive(path, never)).environments
      const puts = (read?.data.changeSet.changes ?? []).toSorted((a, b) => (a.key < b.key ? -1 : 1))
      const of = (kind: string): unknown[] =>
        puts
          .filter((change) => change.kind === kind)
          .map((change) => ('object' in change ? change.object : change))
      const objects = (all: readonly Item[]): unknown[] =>
        all
          .toSorted((a, b) => (a.key < b.key ? -1 : 1))
          .map(({ object }) => JSON.parse(JSON.stringify(object)) as unknown)
      expect(of('flag')).toEqual(objects(flags))
      expect(of('segment')).toEqual(objects(segments))
    }),
    { numRuns: 60 },
  )
})

it('S100: tar and md5sum find two files for each environment, readable only by their owner, and the checksum', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'archive.tar.gz')
  await writeArchive(path, [second, environment()], never)
  const listed = execFileSync('tar', ['-tvzf', path]).toString().trim().split('\n')
  const names = listed.map((line) => line.split(' ').at(-1))
  expect(new Set(names)).toEqual(
    new Set(['checksum.md5', 'env-1-data.json', 'env-1.json', 'env-2-data.json', 'env-2.json']),
  )
  for (const line of listed) expect(line).toMatch(/^-rw-------/)
  execFileSync('tar', ['-xzf', path, '-C', folder])
  const sum = 'cat env-1-data.json env-1.json env-2-data.json env-2.json | md5sum | cut -c1-32'
  const expected = execFileSync('sh', ['-c', sum], { cwd: folder }).toString().trim()
  expect((await readFile(join(folder, 'checksum.md5'))).toString('hex')).toBe(expected)
  const { env } = JSON.parse(await readFile(join(folder, 'env-1.json'), 'utf8')) as { readonly env: object }
  expect(Object.keys(env)).toEqual(
    'envID envKey envName mobKey projKey projName sdkKey sdkKeys mobileKeys defaultTtl secureMode version'.split(
      ' ',
    ),
  )
})

it('S100: writes equal bytes for equal environments; another key changes the version, other data the dataId', async () => {
  const folder = await folderForTest()
  const written = async (...environments: readonly EnvironmentToArchive[]): Promise<Buffer> => {
    await writeArchive(join(folder, 'archive'), environments, never)
    return readFile(join(folder, 'archive'))
  }
  const read = async () => (await readArchive(join(folder, 'archive'), never)).environments[0]
  const [a, b] = [item('a'), item('b')]
  const first = await written(environment({}, snapshot([a, b])))
  const before = await read()
  expect(await written(environment({}, snapshot([b, a])))).toEqual(first)
  await written(environment({ sdkKey: KEYS.two }, snapshot([a, b])))
  const rotated = await read()
  expect(rotated?.dataId).toBe(before?.dataId)
  expect(rotated?.version).not.toBe(before?.version)
  await written(environment({}, snapshot([a, item('b', 2)])))
  const edited = await read()
  expect(edited?.version).toBe(before?.version)
  expect(edited?.dataId).not.toBe(before?.dataId)
})

it('S100: replaces the file atomically, readable only by its owner, and keeps a link', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'archive.tar.gz')
  const link = join(folder, 'current')
  await symlink(path, link)
  await writeArchive(link, [environment()], never)
  const first = await stat(path)
  expect(first.mode & 0o777).toBe(0o600)
  await writeArchive(link, [second], never)
  // The file was replaced, so readers of the first one are not affected.
  expect((await stat(path)).ino).not.toBe(first.ino)
  expect((await readArchive(link, never)).environments.map(({ id }) => id)).toEqual(['env-2'])
  expect((await readdir(folder)).sort()).toEqual(['archive.tar.gz', 'current'])
})

it('S101: writes nothing if an id, a key or the path is invalid', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'archive.tar.gz')
  const refused = async (where: string, ...environments: readonly EnvironmentToArchive[]): Promise<string> =>
    writeArchive(where, environments, never).then(
      () => 'it was written',
      (error: Error) => error.message,
    )
  for (const id of ['../evil', 'a/b', '', '.hidden', 'x-data', 'a b']) {
    expect(await refused(path, environment({ id }))).toContain('the id is not a valid file name')
  }
  expect(await refused(path, environment(), environment({ sdkKey: KEYS.two }))).toContain(
    'env-1.json: belongs to two environments with the same id',
  )
  const twice = await refused(path, environment(), environment({ id: 'env-2' }))
  expect(twice).toBe(`${path}: env-2.json: has an SDK key that env-1.json also has`)
  expect(await refused(join(folder, 'nowhere', 'a'), environment())).toContain('cannot be written: ENOENT')
  expect(await refused(folder, environment())).toContain('cannot be written: not a regular file')
  await expect(writeArchive(path, [environment()], AbortSignal.abort(new Error('enough')))).rejects.toThrow(
    'enough',
  )
  expect(await readdir(folder)).toEqual([])
})

it('S101: overwrites an empty file or another archive, but no other file', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'notes.txt')
  await writeFile(path, 'what I have to do today')
  await expect(writeArchive(path, [environment()], never)).rejects.toThrow('it was not overwritten')
  expect(await readFile(path, 'utf8')).toBe('what I have to do today')
  for (const content of ['', undefined]) {
    if (content === undefined) {
      await rm(path)
      execFileSync('tar', ['-cf', path, '-C', '/', 'etc/hostname'])
    } else await writeFile(path, content)
    await writeArchive(path, [environment()], never)
    expect((await readArchive(path, never)).environments).toHaveLength(1)
  }
})
