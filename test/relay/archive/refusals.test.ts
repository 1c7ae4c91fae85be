import { execFileSync } from 'node:child_process'
import { stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { TarEntry, TarHeader } from 'modern-tar'
import { createTarPacker, packTar } from 'modern-tar'
import { expect, it, test } from 'vitest'
import { readArchive } from '../../../src/relay/archive/read-archive.ts'
import { folderForTest } from '../../flag-file/folder.ts'
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
  refusal,
  summed,
  TWO,
} from './packed.ts'

const ID = ENV_ONE.envID
const SOUND = summed(filesOf(ONE, TWO))

/** All files but one. */
const without = (name: string) =>
  Object.fromEntries(Object.entries(SOUND).filter(([other]) => other !== name))

test.each([
  ['its checksum is missing', without('checksum.md5'), 'checksum.md5: is missing'],
  [
    'its checksum is another',
    { ...SOUND, 'checksum.md5': Buffer.alloc(16, 1) },
    'checksum.md5: does not match the files',
  ],
  [
    'its checksum is in hexadecimal digits',
    { ...SOUND, 'checksum.md5': Buffer.from(SOUND['checksum.md5'] ?? '').toString('hex') },
    'checksum.md5: does not match the files',
  ],
  [
    'a byte of the data differs',
    { ...SOUND, [`${ID}-data.json`]: String(SOUND[`${ID}-data.json`]).replace('"one"', '"0ne"') },
    'checksum.md5: does not match the files',
  ],
  ['data is missing', summed(without(`${ID}-data.json`)), `${ID}-data.json: is missing`],
  ['metadata is missing', summed(without(`${ID}.json`)), `${ID}.json: is missing`],
  ['contains no environments', summed({}), 'contains no environments'],
  ['it holds no file', {}, 'contains no environments'],
  [
    'an id is none',
    summed({ '.json': '{}', '-data.json': '{}' }),
    '.json: its name is not a valid environment id',
  ],
])('S101: refused, because %s', async (_, files, reason) => {
  expect(await refusal(await pack(await folderForTest(), entriesOf(files)))).toContain(reason)
})

const metadata = (change: object): object => ({ env: { ...ENV_ONE, ...change }, dataId: 'x' })

test.each([
  ['{"env":', 'is not JSON in UTF-8'],
  [Buffer.from('{"env":"\xff"}', 'latin1'), 'is not JSON in UTF-8'],
  ['[]', 'content: expected an object, received an array'],
  ['{}', 'env: expected an object, received undefined'],
  [metadata({ envID: 'another' }), 'its envID differs from the id in its name'],
  [metadata({ envID: 5 }), 'env.envID: expected a string, received number 5'],
  [metadata({ sdkKey: KEYS.one }), 'env.sdkKey: expected an object, received a string (value hidden)'],
  [
    metadata({ sdkKey: {} }),
    'env.sdkKey.value: expected a key or token of printable characters, without spaces and line breaks, received undefined',
  ],
  [metadata({ sdkKey: { value: '' } }), 'env.sdkKey.value: expected a key or token'],
  [metadata({ sdkKey: { value: `${KEYS.one}\r\nx: y` } }), 'env.sdkKey.value: expected a key or token'],
  [metadata({ sdkKey: { value: 'x', expiring: { value: 'a b' } } }), 'env.sdkKey.expiring.value: expected'],
  [
    metadata({ sdkKeys: [{ value: KEYS.two, expiry: 'soon' }] }),
    'env.sdkKeys[0].expiry: expected a number, received a string (value hidden)',
  ],
  [metadata({ version: 1.5 }), 'env.version: expected'],
  [metadata({ defaultTtl: -1 }), 'env.defaultTtl: expected at least 0, received number -1'],
  [metadata({ envName: 7 }), 'env.envName: expected a string, received number 7'],
])('S101: rejects invalid metadata: %j', async (content, reason) => {
  const text = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content)
  const files = summed({ ...filesOf(ONE, TWO), [`${ID}.json`]: text })
  expect(await refusal(await pack(await folderForTest(), entriesOf(files)))).toContain(
    `${ID}.json: ${reason}`,
  )
})

test.each([
  ['{"flags":{', 'is not JSON in UTF-8'],
  ['null', 'it is not an object'],
  ['{"flags":[]}', 'its flags are not an object'],
  ['{"flags":{"a":5}}', 'its flags hold something that is not an object'],
  ['{"segments":"x"}', 'its segments are not an object'],
])('S101: rejects invalid data: %s', async (text, reason) => {
  const files = summed({ ...filesOf(ONE), [`${ID}-data.json`]: text })
  expect(await refusal(await pack(await folderForTest(), entriesOf(files)))).toBe(
    `${ID}-data.json: ${reason}`,
  )
})

test.each<readonly [string, Partial<TarHeader>, string]>([
  ['leads out of the archive', { name: '../evil.json' }, '"../evil.json": is not a plain file name'],
  ['leads anywhere', { name: '/etc/passwd' }, '"/etc/passwd": is not a plain file name'],
  ['is in a folder', { name: 'env/a.json' }, '"env/a.json": is not a plain file name'],
  ['is in a folder of Windows', { name: '..\\a.json' }, '"..\\\\a.json": is not a plain file name'],
  ['is the folder above', { name: '..' }, '"..": is not a plain file name'],
  ['is a folder', { name: 'env/', type: 'directory' }, '"env/": is a directory'],
  [
    'is a symbolic link',
    { name: 'a.json', type: 'symlink', linkname: '/etc/passwd' },
    '"a.json": is a symlink',
  ],
  ['is a hard link', { name: 'a.json', type: 'link', linkname: `${ID}.json` }, '"a.json": is a link'],
  ['is a device', { name: 'a.json', type: 'character-device' }, '"a.json": is a character-device'],
  ['is a pipe', { name: 'a.json', type: 'fifo' }, '"a.json": is a fifo'],
  [
    'has control characters in its name',
    { name: 'a\x1b[2Jü.json' },
    '"a\\u001b[2Jü.json": is not a plain file name',
  ],
  [
    'has another path in an extended header',
    { name: 'a', pax: { path: '../evil.json' } },
    '"../evil.json": is not',
  ],
])('S101: rejects an archive in which a file %s', async (_, header, reason) => {
  const extra: TarEntry = { header: { size: 0, ...header } as TarHeader }
  const path = await pack(await folderForTest(), [extra, ...entriesOf(SOUND)])
  expect(await refusal(path)).toContain(reason)
})

it('S101: rejects an archive with a duplicate file', async () => {
  const entries = entriesOf(SOUND)
  const path = await pack(await folderForTest(), [...entries, ...entries.slice(0, 1)])
  expect(await refusal(path)).toBe(`${ID}.json: occurs twice`)
})

it('S101: rejects an archive in which two environments share a key of any kind', async () => {
  const folder = await folderForTest()
  const both = async (one: object, two: object): Promise<string> =>
    refusal(await packed(folder, { env: { ...ENV_ONE, ...one } }, { env: { ...ENV_TWO, ...two } }))
  const expiring = { value: KEYS.two, expiring: { value: KEYS.one, timestamp: 1 } }
  for (const told of [
    await both({}, { sdkKey: ENV_ONE.sdkKey }),
    await both({}, { sdkKey: expiring }),
    await both({ sdkKeys: [{ value: KEYS.two }] }, {}),
  ]) {
    expect(told).toBe(`${ENV_TWO.envID}.json: has an SDK key that ${ID}.json also has`)
  }
  const { mobKey } = ENV_ONE
  for (const told of [
    await both({}, { mobKey }),
    await both({}, { mobileKeys: [{ value: mobKey, expiry: 1 }] }),
    await both({ mobileKeys: [{ value: ENV_TWO.mobKey }] }, {}),
  ]) {
    expect(told).toBe(`${ENV_TWO.envID}.json: has a mobile key that ${ID}.json also has`)
  }
})

it('S101: rejects a path that is not an archive', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'archive')
  expect(await refusal(path)).toContain('ENOENT')
  expect(await refusal(folder)).toContain('cannot be read: not a regular file')
  execFileSync('mkfifo', [join(folder, 'pipe')])
  expect(await refusal(join(folder, 'pipe'))).toContain('not a regular file')
  expect(await refusal('/dev/zero')).toContain('not a regular file')
  for (const content of [
    '',
    'not valid',
    'x'.repeat(5_000),
    gzipSync('not valid'),
    Buffer.from([0x1f, 0x8b]),
  ]) {
    await writeFile(path, content)
    expect(await refusal(path)).toMatch(/^cannot be read: /)
  }
})

it('S101: rejects an archive that was truncated anywhere', async () => {
  const folder = await folderForTest()
  for (const manner of ['tar', 'gzip'] as const) {
    const path = await pack(folder, entriesOf(SOUND), manner)
    const whole = (await stat(path)).size
    for (let size = whole - 1; size > 0; size = Math.floor(size * 0.8) - 7) {
      await truncate(path, Math.max(size, 0))
      expect(await refusal(path), `${manner} ${size}`).toMatch(/^cannot be read: |is missing$/)
    }
  }
})

it('S101: rejects a file with a declared size of 200 MiB before reading it', async () => {
  const path = join(await folderForTest(), 'archive')
  const { readable, controller } = createTarPacker()
  controller.add({ name: 'big-data.json', size: 200 * 2 ** 20 })
  const reader = readable.getReader()
  const { value } = await reader.read()
  await writeFile(path, value ?? '')
  expect(await refusal(path)).toBe('"big-data.json": has 200 MiB or more')
  controller.error(new Error('done'))
  await reader.cancel().catch(() => undefined)
})

it('S101: rejects an archive that unpacks to more than 512 MiB', async () => {
  const folder = await folderForTest()
  const path = join(folder, 'archive')
  // Zeros behind the end are part of every archive, and cost nothing to pack.
  const member = gzipSync(Buffer.alloc(64 * 2 ** 20))
  const sound = gzipSync(await packTar(entriesOf(SOUND)))
  await writeFile(path, Buffer.concat([sound, ...Array.from({ length: 9 }, () => member)]))
  const before = process.memoryUsage().rss
  expect(await refusal(path)).toBe('is larger than 512 MiB when unpacked')
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20)
})

it('S101: rejects an archive with too many files', async () => {
  const files = Object.fromEntries(Array.from({ length: 20_101 }, (_, index) => [`f${index}`, '']))
  const path = await pack(await folderForTest(), entriesOf(files))
  expect(await refusal(path)).toBe('contains more than 20100 files')
})

it('S101: any damage leads to one ArchiveError that names the archive and contains no key', async () => {
  const folder = await folderForTest()
  const whole = Buffer.from(await packTar(entriesOf(SOUND)))
  const text = JSON.stringify(metadata({ sdkKeys: [{ value: KEYS.two }] }))
  const damaged = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  await fc.assert(
    fc.asyncProperty(damaged, fc.boolean(), async ({ at, byte }, isInside) => {
      const bytes = Buffer.from(isInside ? text : whole)
      bytes[at % bytes.length] = byte
      const entries = entriesOf(summed({ ...filesOf(ONE, TWO), [`${ID}.json`]: bytes }))
      const path = isInside ? await pack(folder, entries) : join(folder, 'archive')
      if (!isInside) await writeFile(path, bytes)
      const error = await readArchive(path, never).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      )
      if (!error) return
      expect(error.name).toBe('ArchiveError')
      expect(error.message.startsWith(`${path}: `)).toBe(true)
      const told = `${error.message} ${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`
      for (const key of Object.values(KEYS)) expect(told).not.toContain(key.slice(4))
    }),
    { numRuns: 500 },
  )
})
