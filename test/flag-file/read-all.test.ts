import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { type FlagFiles, readFlagFiles } from '../../src/flag-file/read.ts'
import { flagValues, folderForTest } from './folder.ts'

let folder: string

beforeEach(async () => {
  folder = await folderForTest()
})

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

/** Returns the value of each flag, and the segments. */
async function read(files: FlagFiles): Promise<unknown> {
  const { flags, segments } = await readFlagFiles(files)
  const values = [...flags].map(([key, { variations }]) => [key, variations?.[0]])
  return [Object.fromEntries(values), [...segments.keys()]]
}

test('S25.2: merges several files; the last one with a key counts', async () => {
  const first = await write('first.json', '{"flagValues":{"a":1,"b":1},"segments":{"s":{}}}')
  const second = await write('second.yaml', 'flags: { b: { variations: [2] } }\nsegments: { t: {} }')
  expect(await read({ paths: [first, second] })).toEqual([{ a: 1, b: 2 }, ['s', 't']])
  expect(await read({ paths: [second, first] })).toEqual([{ a: 1, b: 1 }, ['t', 's']])
  expect(await read({ paths: [first, second, first] })).toEqual([{ a: 1, b: 1 }, ['s', 't']])
})

test('S25: merges keys such as __proto__ like any other', async () => {
  const first = await write('first.json', '{"flagValues":{"__proto__":1,"constructor":1,"":1}}')
  const second = await write('second.json', '{"flagValues":{"__proto__":2,"":2}}')
  const { flags } = await readFlagFiles({ paths: [first, second] })
  expect([...flags].map(([key, { variations }]) => [key, variations])).toEqual([
    ['__proto__', [2]],
    ['constructor', [1]],
    ['', [2]],
  ])
})

test.each([
  ['flags', flagValues({ mine: 1, shared: 1 }), flagValues({ shared: 2 })],
  ['segments', '{"segments":{"shared":{}}}', 'segments: { shared: {}, other: {} }'],
])('S25: the error about a duplicate key names the key and the files: %s', async (section, one, two) => {
  const first = await write('first.yaml', one)
  const second = await write('second.yaml', two)
  await expect(readFlagFiles({ paths: [first, second], duplicateKeys: 'fail' })).rejects.toMatchObject({
    code: 'FLAG_FILE',
    message: `${second}: ${section}: "shared" is in ${first} too`,
  })
})

test('S25: a flag and a segment may share a key, and flagValues may replace flags of their file', async () => {
  const first = await write('first.json', '{"flags":{"a":{"variations":[1]}},"flagValues":{"a":2}}')
  const second = await write('second.json', '{"segments":{"a":{}}}')
  expect(await read({ paths: [first, second], duplicateKeys: 'fail' })).toEqual([{ a: 2 }, ['a']])
})

test('S25: one invalid file is an error with its path and line', async () => {
  const good = await write('good.json', flagValues({ a: 1 }))
  const bad = await write('bad.json', '{"flagValues": {\n  "a": }}')
  const missing = join(folder, 'missing.json')
  await expect(readFlagFiles({ paths: [good, bad, missing] })).rejects.toThrow(`${bad}:2:8: unexpected "}"`)
  await expect(readFlagFiles({ paths: [good, missing, bad] })).rejects.toThrow(`${missing}: cannot be read`)
})

test('S25: a custom YAML parser parses YAML files only', async () => {
  const read: string[] = []
  const yamlParser = (text: string): unknown => {
    read.push(text)
    return { flagValues: { fromYaml: true } }
  }
  const json = await write('flags.json', flagValues({ fromJson: true }))
  const yaml = await write('FLAGS.YML', 'whatever it understands')
  const { flags } = await readFlagFiles({ paths: [json, yaml], yamlParser })
  expect([...flags.keys()]).toEqual(['fromJson', 'fromYaml'])
  expect(read).toEqual(['whatever it understands'])
})

const broken = (): never => {
  throw new Error('bad indentation (2:3)\n 1 | a: 1')
}

test.each([
  ['throws', broken, 'bad indentation (2:3)'],
  ['returns a promise', async () => ({}), 'yamlParser must return a plain object, not a Promise'],
  ['returns a Map', () => new Map([['flagValues', {}]]), 'yamlParser must return a plain object, not a Map'],
  ['returns a list', () => [], 'expected an object with flags, segments or flagValues, found a list'],
])('S25: a YAML parser that %s makes the file invalid, not empty', async (_, yamlParser, reason) => {
  const path = await write('flags.yaml', 'a: 1')
  await expect(readFlagFiles({ paths: [path], yamlParser })).rejects.toMatchObject({ path, reason })
})
