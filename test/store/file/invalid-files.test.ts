import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { firstLine } from '../../../src/store/file/format.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened, START } from './opened.ts'
import { delta, flag, full, segment } from './writes.ts'

const DAY_MS = 86_400_000

/** Creates a file with rows of all types, and returns a function that reads other bytes in its place. */
async function snapshot() {
  const folder = await newFolder()
  const path = join(folder, 'flags')
  const { store, contents } = opened(path)
  await store.write(full(1, flag('a'), flag('b', 1, { note: 'ä "quoted"\n' }), segment('s')), never)
  await store.write({ ...delta(2, flag('a', 2)), fencingToken: 3 }, never)
  const bytes = await readFile(path)
  const reading = async (other: Uint8Array) => {
    const copy = join(folder, 'copy')
    await writeFile(copy, other)
    const reader = opened(copy)
    return { contents: await reader.contents(), warnings: reader.warnings }
  }
  return { path, bytes, complete: await contents(), reading }
}

it('S85: treats a truncated file as empty, and logs one warning with the reason', async () => {
  const { bytes, complete, reading } = await snapshot()
  expect(complete?.size).toBe(3)
  expect(await reading(bytes)).toEqual({ contents: complete, warnings: [] })
  for (let length = 0; length < bytes.length; length++) {
    const { contents, warnings } = await reading(bytes.subarray(0, length))
    expect(contents).toBeUndefined()
    expect(warnings).toHaveLength(1)
  }
})

it('S85: treats a file with any changed byte as empty', async () => {
  const { bytes, reading } = await snapshot()
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
    expect((await reading(damaged)).contents).toBeUndefined()
  }
  const splice = fc.record({
    at: fc.nat(bytes.length),
    removed: fc.nat(40),
    inserted: fc.uint8Array({ maxLength: 40 }),
  })
  await fc.assert(
    fc.asyncProperty(splice, async ({ at, removed, inserted }) => {
      const other = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])
      const { contents } = await reading(other)
      expect(contents === undefined).toBe(!other.equals(bytes))
    }),
    { numRuns: 200 },
  )
})

it('S85: treats other data with a matching checksum as empty', async () => {
  const { reading } = await snapshot()
  const facts = { savedAt: START, marker: true, fence: 0, flags: 1, segments: 0 }
  const sealed = async (text: string) => {
    const { createHash } = await import('node:crypto')
    return reading(Buffer.from(firstLine(createHash('sha256').update(text).digest('hex')) + text))
  }
  expect((await sealed(`${JSON.stringify(facts)}\nflag 2 "a"\n{}\n`)).contents?.size).toBe(1)
  for (const text of [
    '',
    'null\n',
    '{}\n',
    `${JSON.stringify(facts)}\n`,
    `${JSON.stringify(facts)}\nflag 2 "a"\n{}`,
    `${JSON.stringify(facts)}\nflag 3 "a"\n{}\n`,
    `${JSON.stringify(facts)}\nflag 99999999999999999999 "a"\n{}\n`,
    `${JSON.stringify(facts)}\nconfig 2 "a"\n{}\n`,
    `${JSON.stringify(facts)}\nflag 2 "a\n{}\n`,
    `${JSON.stringify(facts)}\nflag 2 "a"\n{}\nflag 2 "a"\n{}\nflag 2 "b"\n{}\n`,
    `${JSON.stringify({ ...facts, marker: 'yes' })}\nflag 2 "a"\n{}\n`,
  ]) {
    expect((await sealed(text)).contents, JSON.stringify(text)).toBeUndefined()
  }
})

it('S85: logs the reason why a file is not used', async () => {
  const { bytes, reading } = await snapshot()
  const reason = async (other: Uint8Array): Promise<string | undefined> =>
    (await reading(other)).warnings[0]?.replace(/^file \S+ is not used: /, '')
  expect(await reason(Buffer.alloc(0))).toBe('it is empty')
  expect(await reason(Buffer.from('{"flags":{}}'))).toBe('it is not a snapshot')
  expect(await reason(Buffer.from(bytes.toString('latin1').replace('shot 1', 'shot 2'), 'latin1'))).toBe(
    'it has format 2, not 1',
  )
  expect(await reason(bytes.subarray(0, -1))).toBe('it is damaged: its checksum does not match')
})

it('S85: logs an invalid file once, and keeps it until a complete one replaces it', async () => {
  const { path } = await snapshot()
  await writeFile(path, 'halyard-snapshot damaged')
  const { store, contents, warnings } = opened(path)
  for (let time = 0; time < 3; time++) {
    expect(await store.initialized(never)).toBe(false)
    expect(await store.get('flag', 'a', never)).toBeUndefined()
    expect(await contents()).toBeUndefined()
  }
  expect(warnings).toHaveLength(1)
  const controller = new AbortController()
  const given = store.write(full(1, flag('a')), controller.signal)
  controller.abort()
  await expect(given).rejects.toMatchObject({ kind: 'unavailable' })
  expect(await readFile(path, 'utf8')).toBe('halyard-snapshot damaged')
  await store.write(full(1, flag('a')), never)
  expect((await contents())?.size).toBe(1)
  expect(warnings).toHaveLength(1)
})

it('S85: a reader detects damage to a file that it has read before', async () => {
  const { path, bytes } = await snapshot()
  const { store } = opened(path)
  expect(await store.initialized(never)).toBe(true)
  bytes[bytes.length - 3] = 0
  await writeFile(path, bytes)
  await utimes(path, 1, 1)
  expect(await store.initialized(never)).toBe(false)
})

it('detects another file by its first line if inode, size and modification time are the same', async () => {
  const path = join(await newFolder(), 'flags')
  await opened(path).store.write(full(1, flag('a')), never)
  await opened(`${path}-other`).store.write(full(1, flag('b')), never)
  await utimes(path, 1, 1)
  const { store, contents } = opened(path)
  expect(await store.get('flag', 'a', never)).toBeDefined()
  await writeFile(path, await readFile(`${path}-other`))
  await utimes(path, 1, 1)
  expect([...((await contents())?.keys() ?? [])]).toEqual(['flag b'])
})

it('S85: treats a file older than maxAgeMs as empty, and accepts one from a clock that is slightly ahead', async () => {
  const { path } = await snapshot()
  const at = async (now: number, maxAgeMs: number) => {
    const { contents, warnings } = opened(path, { clock: new VirtualClock(now), maxAgeMs })
    return (await contents()) ? 'used' : warnings.join()
  }
  expect(await at(START + 3_600_000, 3_600_000)).toBe('used')
  expect(await at(START + 3_600_001, 3_600_000)).toMatch(/saved 3600 s ago, and maxAgeMs is 3600 s$/)
  expect(await at(START + 1_000 * DAY_MS, Infinity)).toBe('used')
  expect(await at(START - DAY_MS, 0)).toBe('used')
  expect(await at(START - DAY_MS - 1, DAY_MS)).toMatch(/its time of saving is 86400 s in the future/)
  expect(await at(0, Infinity)).toBe('used')
})

it('S85: checks the age of a file only once, so that it stays valid for its readers and its writer', async () => {
  const { path } = await snapshot()
  const { store, clock, contents } = opened(path, { maxAgeMs: 1_000 })
  expect(await contents()).toBeDefined()
  await clock.advance(10_000)
  expect(await store.initialized(never)).toBe(true)
  await clock.advance(DAY_MS)
  expect(await contents()).toBeDefined()
  await store.write(full(1, flag('a')), never)
  await clock.advance(DAY_MS)
  expect(await store.initialized(never)).toBe(true)
  expect((await contents())?.size).toBe(1)
  expect(await opened(path, { maxAgeMs: 1_000, clock }).contents()).toBeUndefined()
})

it('rejects with the path if the file is a folder, or the folder is a file', async () => {
  const { path } = await snapshot()
  const folder = `${path}-folder`
  await mkdir(folder)
  const under = join(path, 'flags')
  for (const [at, reason] of [
    [folder, `${folder}: it is a folder`],
    [under, `${under}: not a directory (ENOTDIR)`],
  ] as const) {
    const { store } = opened(at)
    const refused = { kind: 'refused', message: expect.stringContaining(reason) }
    await expect(store.initialized(never)).rejects.toMatchObject(refused)
    await expect(store.get('flag', 'a', never)).rejects.toMatchObject(refused)
    await expect(store.readAll(never)).rejects.toMatchObject(refused)
    await expect(store.write(full(1), never)).rejects.toMatchObject(refused)
  }
})

it('reads nothing from a missing folder, and rejects writes to it', async () => {
  const path = join(await newFolder(), 'missing', 'flags')
  const { store } = opened(path)
  expect(await store.initialized(never)).toBe(false)
  await expect(store.write(full(1), never)).rejects.toMatchObject({
    kind: 'refused',
    message: `cannot write ${path}: its folder does not exist (ENOENT)`,
  })
})
