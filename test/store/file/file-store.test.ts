import { lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/model/errors.ts'
import { fileStore } from '../../../src/store/file/file-store.ts'
import { replaceFile } from '../../../src/store/file/replace-file.ts'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened, PausedClock } from './opened.ts'
import { delta, flag, full, segment } from './writes.ts'

describe('fileStore', () => {
  it('returns plain data with the absolute path as prefix, and touches no file', () => {
    const description = fileStore('somewhere/flags.snapshot', { cacheTtlMs: 5_000 })
    expect(JSON.parse(JSON.stringify(description))).toEqual({
      type: 'file',
      prefix: resolve('somewhere/flags.snapshot'),
      cacheTtlMs: 5_000,
      maxAgeMs: null,
      saveEveryMs: 1_000,
      feedIntervalMs: 1_000,
    })
    expect(inspect(description)).toContain('maxAgeMs: Infinity')
  })

  it('lists all invalid options in one error', () => {
    const wrong = {
      maxAgeMs: -1,
      saveEveryMs: Number.NaN,
      reads: 'eager',
      cacheTtlMs: '30',
    } as unknown as object
    const make = (): unknown => fileStore('', wrong)
    expect(make).toThrow(ConfigError)
    expect(make).toThrow(
      [
        'Invalid configuration:',
        '  fileStore.path: expected a path, received a string (value hidden)',
        '  fileStore.maxAgeMs: expected a number that is not negative, or Infinity, received number -1',
        '  fileStore.saveEveryMs: expected a finite number, received number NaN',
        '  fileStore.cacheTtlMs: expected a number that is not negative, or Infinity, received a string (value hidden)',
        '  fileStore.reads: expected "lazy" or "snapshot", received a string (value hidden)',
      ].join('\n'),
    )
    expect(() => fileStore('x', null as unknown as object)).toThrow('fileStore: expected an object')
  })

  it('logs the values that replace options below or above the limits', async () => {
    const path = join(await newFolder(), 'flags')
    const options = { saveEveryMs: 60_000, feedIntervalMs: 1 }
    expect(fileStore(path, options)).toMatchObject({ saveEveryMs: 20_000, feedIntervalMs: 100 })
    expect(opened(path, options).warnings).toEqual([
      'fileStore.saveEveryMs 60000 is above the maximum; 20000 is used',
      'fileStore.feedIntervalMs 1 is below the minimum; 100 is used',
    ])
  })
})

describe('the file (S85)', () => {
  it('S85: is readable by its owner only, and no other file remains beside it', async () => {
    const folder = await newFolder()
    const { store } = opened(join(folder, 'flags'))
    await store.write(full(1, flag('a')), never)
    await store.write(delta(2, flag('a', 2)), never)
    expect(await readdir(folder)).toEqual(['flags'])
    expect((await stat(join(folder, 'flags'))).mode & 0o777).toBe(0o600)
  })

  it('S85: begins with a checksum line and a header, and has the texts unchanged', async () => {
    const path = join(await newFolder(), 'flags')
    const { store, clock } = opened(path)
    const odd = { ...flag('odd\n"key"'), text: 'not JSON,\nin two lines\n' }
    const separators = flag('\u2028\u2029\ud800', 1, { note: '\u2028' })
    await store.write(full(1, flag('a'), segment('s'), odd, separators), never)
    const [sealed, facts, ...rest] = (await readFile(path, 'utf8')).split('\n')
    expect(sealed).toMatch(/^halyard-snapshot 1 [0-9a-f]{64}$/)
    expect(JSON.parse(facts ?? '')).toMatchObject({
      savedAt: clock.now(),
      marker: true,
      flags: 3,
      segments: 1,
    })
    expect(rest.slice(0, 2)).toEqual([`flag ${flag('a').text.length} "a"`, flag('a').text])
    const contents = await opened(path).contents()
    expect(contents?.get('flag odd\n"key"')).toBe(odd.text)
    expect(contents?.get('flag \u2028\u2029\ud800')).toBe(separators.text)
  })

  it('S85: replaces the target of a symbolic link, and keeps the link', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'data'))
    const [link, target] = [join(folder, 'flags'), join(folder, 'data', 'real')]
    await symlink(relative(folder, target), link)
    const { store } = opened(link)
    await store.write(full(1, flag('a')), never)
    await store.write(delta(2, flag('a', 2)), never)
    expect(await readlink(link)).toBe(join('data', 'real'))
    expect((await lstat(target)).isFile()).toBe(true)
    expect(await readdir(join(folder, 'data'))).toEqual(['real'])
    expect((await opened(target).contents())?.get('flag a')).toBe(flag('a', 2).text)
  })

  it('S85: deletes temporary files of killed writers after one minute, and nothing else', async () => {
    const folder = await newFolder()
    const { store, clock } = opened(join(folder, 'flags'))
    const uuid = '0f0f0f0f-1111-2222-3333-444444444444'
    const at = async (name: string, ageMs: number): Promise<void> => {
      await writeFile(join(folder, name), '')
      const time = (clock.now() - ageMs) / 1_000
      await utimes(join(folder, name), time, time)
    }
    await at(`flags.${uuid}.tmp`, 61_000)
    await at(`flags.${uuid.replaceAll('0', '5')}.tmp`, 30_000)
    await at(`flags-of-others.${uuid}.tmp`, 61_000)
    await at('flags.tmp', 61_000)
    await store.write(full(1), never)
    expect((await readdir(folder)).sort()).toEqual([
      'flags',
      `flags-of-others.${uuid}.tmp`,
      `flags.${uuid.replaceAll('0', '5')}.tmp`,
      'flags.tmp',
    ])
    await clock.advance(60_000)
    await store.write(delta(2, flag('a')), never)
    expect(await readdir(folder)).not.toContain(`flags.${uuid.replaceAll('0', '5')}.tmp`)
  })

  it('S85: does not write a delta if the file was deleted', async () => {
    const path = join(await newFolder(), 'flags')
    const { store, contents } = opened(path)
    await store.write(full(1, flag('a'), flag('b')), never)
    await writeFile(path, 'halyard-snapshot of something else')
    await expect(store.write(delta(2, flag('a', 2)), never)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await readFile(path, 'utf8')).toBe('halyard-snapshot of something else')
    await store.write(full(3, flag('a', 2), flag('b')), never)
    expect((await contents())?.size).toBe(2)
  })

  it('is read once for many rows, and leaves the cache after a minute', async () => {
    const path = join(await newFolder(), 'flags')
    await opened(path).store.write(full(1, flag('a'), flag('b')), never)
    const { store, clock } = opened(path)
    expect(clock.armed).toBe(0)
    await Promise.all(['a', 'b', 'c'].map((key) => store.get('flag', key, never)))
    expect(clock.armed).toBe(1)
    await clock.advance(60_000)
    expect(clock.armed).toBe(0)
    expect(await store.get('flag', 'b', never)).toMatchObject({ text: flag('b').text })
    await store.close()
    expect(clock.armed).toBe(0)
  })

  it('returns the new content to a read after a write, also while an earlier read is in progress', async () => {
    const path = join(await newFolder(), 'flags')
    const writer = opened(path)
    await writer.store.write(full(1, flag('a')), never)
    const clock = new PausedClock()
    const { store } = opened(path, { clock })
    const early = store.get('flag', 'a', never)
    await expect.poll(() => clock.paused).toBe(1)
    await writer.store.write(delta(2, flag('a', 2)), never)
    const late = store.get('flag', 'a', never)
    await expect.poll(() => clock.paused).toBe(2)
    clock.letGo()
    expect(await early).toMatchObject({ text: flag('a').text })
    expect(await late).toMatchObject({ text: flag('a', 2).text })
  })

  it('ends a slow call when its signal aborts, and caches nothing after a close', async () => {
    const path = join(await newFolder(), 'flags')
    await opened(path).store.write(full(1, flag('a')), never)
    const clock = new PausedClock()
    const { store } = opened(path, { clock })
    const controller = new AbortController()
    const given = store.readAll(controller.signal)
    const waited = store.get('flag', 'a', never)
    await expect.poll(() => clock.paused).toBe(1)
    controller.abort(new Error('no answer in 10 s'))
    await expect(given).rejects.toMatchObject({
      kind: 'unavailable',
      message: `cannot read ${path}: no answer in 10 s`,
    })
    await store.close()
    clock.letGo()
    expect(await waited).toBeDefined()
    expect(clock.armed).toBe(0)
  })

  it('S85: leaves the file unchanged if a write is aborted just before the replacement', async () => {
    const folder = await newFolder()
    const controller = new AbortController()
    const contents = function* (): Generator<Buffer> {
      yield Buffer.from('everything')
      controller.abort()
    }
    await expect(replaceFile(join(folder, 'flags'), contents, controller.signal)).rejects.toThrow('aborted')
    expect(await readdir(folder)).toEqual([])
  })
})

describe('the time between writes (S86)', () => {
  const setup = async () => {
    const path = join(await newFolder(), 'flags')
    const { store, clock } = opened(path, { saveEveryMs: 5_000 })
    await store.write(full(1, flag('a')), never)
    const waiting = (): Promise<void> => expect.poll(() => clock.armed, { interval: 1 }).toBe(1)
    const version = async (): Promise<string | undefined> => (await opened(path).contents())?.get('flag a')
    return { store, clock, waiting, version }
  }

  it('S86: the first write starts at once, the next one after saveEveryMs', async () => {
    const { store, clock, waiting, version } = await setup()
    const second = store.write(delta(2, flag('a', 2)), never)
    await waiting()
    await clock.advance(4_999)
    expect(await version()).toBe(flag('a', 1).text)
    await clock.advance(1)
    await second
    expect(await version()).toBe(flag('a', 2).text)
    await clock.advance(5_000)
    await store.write(delta(3, flag('a', 3)), never)
    expect(clock.armed).toBe(0)
  })

  it('S86: a write that is aborted while it waits writes nothing, and the next one starts at once', async () => {
    const { store, clock, waiting, version } = await setup()
    const controller = new AbortController()
    const second = store.write(delta(2, flag('a', 2)), controller.signal)
    await waiting()
    controller.abort(new Error('the process ends'))
    await expect(second).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ends'),
    })
    expect(await version()).toBe(flag('a', 1).text)
    await store.write(full(3, flag('a', 3)), never)
    expect(clock.armed).toBe(0)
    expect(await version()).toBe(flag('a', 3).text)
  })
})
