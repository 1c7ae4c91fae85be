import { mkdir, rename, rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readFlagFiles } from '../../src/flag-file/read.ts'
import { watchFiles } from '../../src/flag-file/watch.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { flagValues, folderForTest, mountConfigMap } from './folder.ts'

let folder: string

beforeEach(async () => {
  folder = await folderForTest()
})

const save = (name: string, values: Readonly<Record<string, unknown>>): Promise<void> =>
  writeFile(join(folder, name), flagValues(values))

async function values(): Promise<unknown> {
  const { flags } = await readFlagFiles({ paths: [folder] })
  return Object.fromEntries([...flags].map(([key, { variations }]) => [key, variations?.[0]]))
}

test('(S25.7) reads the flag files in a folder in the order of their names, without hidden ones, others and subfolders', async () => {
  await save('b.json', { a: 'b', b: 'b' })
  await save('a.json', { a: 'a', c: 'a' })
  await writeFile(join(folder, 'c.YAML'), 'flagValues: { b: c }')
  await save('.hidden.json', { hidden: 1 })
  await save('a.json~', { backup: 1 })
  await save('notes.txt', { notes: 1 })
  await mkdir(join(folder, 'sub.json'))
  await save(join('sub.json', 'd.json'), { sub: 1 })
  expect(await values()).toEqual({ a: 'b', b: 'c', c: 'a' })
})

test('(S25.7) reads a mounted config map once, through its links', async () => {
  await mountConfigMap(folder, 'v1', { 'flags.yaml': 'flagValues: { a: 1 }' })
  expect(await values()).toEqual({ a: 1 })
  await mountConfigMap(folder, 'v2', { 'flags.yaml': 'flagValues: { a: 2 }' })
  expect(await values()).toEqual({ a: 2 })
})

test('(S25.8) refuses a folder without flag files, and one with an invalid file as a whole', async () => {
  await expect(values()).rejects.toThrow(
    'the folder has no flag file (a name that ends in .json, .yaml or .yml)',
  )
  await save('good.json', { a: 1 })
  await writeFile(join(folder, 'worse.json'), '{')
  await expect(values()).rejects.toThrow('worse.json:1:2: the file ends in the middle of its JSON')
})

test('(S26.6) new, changed, renamed and deleted flag files in a folder are changes, and other files are none', async () => {
  await save('a.json', { a: 1 })
  const clock = new VirtualClock()
  const looks = watchFiles([folder], { clock, signal: new AbortController().signal })
  const look = async (): Promise<unknown> => {
    const found: unknown[] = []
    void looks.next().then(({ value }) => found.push(value))
    await expect.poll(() => clock.advance(200).then(() => found), { interval: 1 }).toHaveLength(1)
    return found[0]
  }
  expect(await look()).toBe('same')
  await save('notes.txt', { a: 1 })
  await save('.new.json', { a: 1 })
  expect(await look()).toBe('same')
  await rename(join(folder, '.new.json'), join(folder, 'new.json'))
  expect(await look()).toBe('changed')
  await save('new.json', { a: 22 })
  expect(await look()).toBe('changed')
  await unlink(join(folder, 'a.json'))
  expect(await look()).toBe('changed')
  await rm(folder, { recursive: true })
  expect(await look()).toBe('changed')
  expect(await look()).toBe('same')
  await mkdir(folder)
  await save('a.json', { a: 1 })
  expect(await look()).toBe('changed')
})
