import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { chmod, chown, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { describeWith, type Requirement } from '../../support/requirements/requirement.ts'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened } from './opened.ts'
import { flag, full } from './writes.ts'

const program = join(import.meta.dirname, 'write-once.ts')
const run = promisify(execFile)
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

/** A file system that is too small for the data. Only root may mount one, and some containers forbid it. */
const MOUNT: Requirement = {
  name: 'mount',
  remedy: 'Run the tests as root, where mounting a tmpfs is permitted.',
  isAvailable: () => {
    const disk = mkdtempSync(join(tmpdir(), 'halyard-mount-'))
    const isMounted = mountSmallDisk(disk)
    if (isMounted) spawnSync('umount', [disk])
    rmdirSync(disk)
    return isMounted
  },
}

function mountSmallDisk(path: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status === 0
}

/** Writes a file, and returns its bytes, which must stay the same. */
async function written() {
  const folder = await newFolder()
  const path = join(folder, 'flags')
  await opened(path).store.write(full(1, flag('a')), never)
  const before = await readFile(path)
  const untouched = async (): Promise<void> => {
    expect(await readFile(path)).toEqual(before)
    expect(await readdir(folder)).toEqual(['flags'])
  }
  return { folder, path, untouched }
}

it('S85: a write that fails halfway changes nothing, leaves no file behind, and rejects with the reason', async () => {
  const { path, untouched } = await written()
  // A limit of the file size, with its signal ignored, fails in the middle of a write, like a full disk.
  const limited = `trap '' XFSZ; ulimit -f 256; exec "$0" "$@"`
  const { stdout } = await run('sh', ['-c', limited, process.execPath, program, path, '1000000'])
  expect(stdout).toBe(`unavailable: cannot write ${path}: file too large (EFBIG)`)
  await untouched()
})

describeWith(MOUNT, 'a full disk', () => {
  it('S85: leaves the file unchanged and no other file behind, and is the reason of the error', async () => {
    const disk = await newFolder()
    expect(mountSmallDisk(disk)).toBe(true)
    onTestFinished(() => void spawnSync('umount', [disk]))
    const path = join(disk, 'flags')
    const { store, contents } = opened(path)
    await store.write(full(1, flag('a')), never)
    const large = full(2, flag('a', 2, { note: 'x'.repeat(1_000_000) }))
    await expect(store.write(large, never)).rejects.toMatchObject({
      kind: 'unavailable',
      message: `cannot write ${path}: no space left on device (ENOSPC)`,
    })
    expect((await contents())?.get('flag a')).toBe(flag('a').text)
    expect(await readdir(disk)).toEqual(['flags'])
  })
})

it('S85, S187: overwrites a file in a read-only folder, or rejects with a remedy', async () => {
  const { folder, path } = await written()
  // Root has all permissions, so the process changes its user.
  const other = isRoot ? [String(NOBODY)] : []
  if (isRoot) await chown(path, NOBODY, NOBODY)
  await chmod(folder, 0o555)
  onTestFinished(() => chmod(folder, 0o700))
  const attempt = async (): Promise<string> =>
    (await run(process.execPath, [program, path, '1', ...other])).stdout
  const before = await readFile(path)
  await chmod(path, 0o444)
  expect(await attempt()).toBe(
    `refused: cannot write ${path}: the file can be neither replaced nor overwritten (EACCES); ` +
      'make its folder writable, or mount its folder in place of the file',
  )
  expect(await readFile(path)).toEqual(before)
  await chmod(path, 0o644)
  expect(await attempt()).toBe('written')
  expect(await opened(path).contents()).toBeDefined()
  expect(await readFile(path)).not.toEqual(before)
  expect(await readdir(folder)).toEqual(['flags'])
  await chmod(path, 0)
  expect(await attempt()).toBe(`refused: cannot write ${path}: permission denied (EACCES)`)
})

it('refuses a folder, a device and a pipe, without waiting for the pipe', async () => {
  const folder = await newFolder()
  const pipe = join(folder, 'pipe')
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  for (const path of [pipe, '/dev/full']) {
    const { store } = opened(path)
    const refused = { kind: 'refused', message: expect.stringContaining(`${path}: it is not a file`) }
    await expect(store.readAll(never)).rejects.toMatchObject(refused)
    await expect(store.write(full(1), never)).rejects.toMatchObject(refused)
  }
})

it('S85: does not replace a file that is not a snapshot, because the path may be wrong', async () => {
  const folder = await newFolder()
  const path = join(folder, 'letter.txt')
  await writeFile(path, 'Dear Ada,\n')
  const { store } = opened(path)
  await expect(store.write(full(1, flag('a')), never)).rejects.toMatchObject({
    kind: 'refused',
    message: `cannot write ${path}: the file is not a snapshot, so it is not replaced; choose another path, or delete the file`,
  })
  expect(await readFile(path, 'utf8')).toBe('Dear Ada,\n')
})

it.each(['', 'halyard', 'halyard-snapshot 1 0123', ' '.repeat(20)])(
  'S85: replaces a file that looks like an unfinished snapshot: %j',
  async (contents) => {
    const path = join(await newFolder(), 'flags')
    await writeFile(path, contents)
    await opened(path).store.write(full(1, flag('a')), never)
    expect(await readFile(path, 'utf8')).toMatch(/^halyard-snapshot 1 /)
  },
)

it.each(['{"flags":{}}', `${' '.repeat(90)}{"a":1}`, 'PK\u0003\u0004 an archive', '\0\0 and then text'])(
  'S187: does not replace another file: %j',
  async (contents) => {
    const folder = await newFolder()
    const path = join(folder, 'flags')
    await writeFile(path, contents)
    await expect(opened(path).store.write(full(1, flag('a')), never)).rejects.toMatchObject({
      kind: 'refused',
    })
    expect(await readFile(path, 'utf8')).toBe(contents)
    expect(await readdir(folder)).toEqual(['flags'])
  },
)

it.each([
  ['all of it is zero bytes', (bytes: Buffer) => Buffer.alloc(bytes.length)],
  [
    'its first line begins with zero bytes',
    (bytes: Buffer) => Buffer.concat([Buffer.alloc(8), bytes.subarray(8)]),
  ],
  [
    'a bit of its first line has changed',
    (bytes: Buffer) => Buffer.concat([Buffer.from('H'), bytes.subarray(1)]),
  ],
])('S187: replaces a snapshot if %s, and keeps the first damaged one', async (_what, damage) => {
  const { folder, path } = await written()
  const damaged = damage(await readFile(path))
  await writeFile(path, damaged)
  const { store, contents } = opened(path)
  expect((await store.readAll(never)).rows).toEqual([])
  await store.write(full(2, flag('a', 2)), never)
  expect((await contents())?.get('flag a')).toBe(flag('a', 2).text)
  expect(await readFile(`${path}.damaged`)).toEqual(damaged)
  await writeFile(path, Buffer.alloc(10))
  await opened(path).store.write(full(3, flag('a', 3)), never)
  expect(await readFile(`${path}.damaged`)).toEqual(damaged)
  expect((await readdir(folder)).sort()).toEqual(['flags', 'flags.damaged'])
})

describeWith(MOUNT, 'a file that is a mount point', () => {
  const mounted = async (...options: readonly string[]) => {
    const [folder, path] = [await newFolder(), join(await newFolder(), 'flags')]
    const source = join(folder, 'source')
    await writeFile(source, '')
    await writeFile(path, '')
    expect(spawnSync('mount', ['--bind', source, path]).status).toBe(0)
    onTestFinished(() => void spawnSync('umount', [path]))
    if (options.length > 0) {
      expect(spawnSync('mount', ['-o', ['remount', 'bind', ...options].join(','), path]).status).toBe(0)
    }
    return { path, source }
  }

  it('S187: is overwritten in place and read back', async () => {
    const { path, source } = await mounted()
    const { store, contents } = opened(path)
    await store.write(full(1, flag('a'), flag('b')), never)
    await store.write(full(2, flag('a', 2)), never)
    expect(await contents()).toEqual(new Map([['flag a', flag('a', 2).text]]))
    expect(await opened(source).contents()).toEqual(new Map([['flag a', flag('a', 2).text]]))
    expect(await readdir(join(path, '..'))).toEqual(['flags'])
  })

  it('S187: is refused with a remedy if it is read-only', async () => {
    const { path } = await mounted('ro')
    await expect(opened(path).store.write(full(1, flag('a')), never)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/\(EROFS\).*mount its folder in place of the file/),
    })
  })
})
