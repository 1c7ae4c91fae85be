import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FlagFileError } from '../../src/flag-file/flag-file-error.ts'
import { parseFlagFile } from '../../src/flag-file/parse.ts'
import { loadYamlParser } from '../../src/flag-file/parse-yaml.ts'
import { HalyardError } from '../../src/model/errors.ts'

await loadYamlParser('a test')

function failure(text: string, path: string): FlagFileError {
  try {
    parseFlagFile(text, path)
  } catch (error) {
    if (error instanceof FlagFileError) return error
    throw error
  }
  throw new Error('it parsed')
}

test('JSON: keeps the members of flags and segments, and adds the key and version 1 if they are missing', () => {
  const text =
    '{"flags":{"a":{"version":7,"on":true,"extra":[1]},"b":{}},"segments":{"s":{"included":["u"]}}}'
  const { flags, segments, warnings } = parseFlagFile(text, 'flags.json')
  expect([...flags.values()]).toMatchObject([
    { key: 'a', version: 7, on: true, extra: [1] },
    { key: 'b', version: 1 },
  ])
  expect([...segments.values()]).toMatchObject([{ key: 's', version: 1, included: ['u'] }])
  expect(warnings).toEqual([
    'flags.json:1:38: flags.a.extra: not a known member; it is kept and has no effect here',
  ])
})

test('YAML has the same content as JSON', () => {
  const text =
    'flags:\n  a: { version: 7, on: true, extra: [1] }\n  b: {}\nsegments:\n  s:\n    included: [u]\n'
  const json =
    '{"flags":{"a":{"version":7,"on":true,"extra":[1]},"b":{}},"segments":{"s":{"included":["u"]}}}'
  const { warnings: _, ...expected } = parseFlagFile(json, 'flags.json')
  expect(parseFlagFile(text, 'flags.yml')).toMatchObject(expected)
  expect(parseFlagFile(text, 'FLAGS.YAML')).toMatchObject(expected)
})

test('flagValues define constant flags and replace flags of the same key', () => {
  const { flags } = parseFlagFile('{"flagValues":{"a":"red","n":null},"flags":{"a":{"on":false}}}', 'f.json')
  const rest = { version: 1, on: true, fallthrough: { variation: 0 } }
  expect(flags.get('a')).toMatchObject({ key: 'a', variations: ['red'], ...rest })
  expect(flags.get('n')).toMatchObject({ key: 'n', variations: [null], ...rest })
})

test.each(['json', 'yml'])('D21: %s: keys that JavaScript has plans for are ordinary', (extension) => {
  const text = '{"flags":{"__proto__":{"on":true},"constructor":{},"":{}},"flagValues":{"toString":1}}'
  const { flags } = parseFlagFile(text, `f.${extension}`)
  expect([...flags.keys()]).toEqual(['__proto__', 'constructor', '', 'toString'])
  expect(flags.get('__proto__')).toMatchObject({ key: '__proto__', on: true })
})

test('accepts missing and empty sections', () => {
  const nothing = { flags: new Map(), segments: new Map(), warnings: [] }
  expect(parseFlagFile('{}', 'f.json')).toEqual(nothing)
  expect(parseFlagFile('flags:\nsegments:\n', 'f.yml')).toEqual(nothing)
})

test.each([
  ['f.json', '{"flags": {\n  "a": }}', 2, 8, 'unexpected "}" in JSON'],
  ['f.json', '{"flags": {\n  "a": [1,]}}', 2, 11, 'unexpected "]" in JSON'],
  ['f.json', '{"flags":\n nope}', 2, 3, 'unexpected "o" in JSON'],
  ['f', 'flags:', 1, 2, 'unexpected "l" in JSON (is it YAML? then its name must end in .yaml or .yml)'],
  ['f.json', '{}\n\nx', 3, 1, 'unexpected "x" in JSON'],
  ['f.json', '{"flags": {\n  "a": {\n', 2, 9, 'the file ends in the middle of its JSON'],
  ['f.json', '{"flags": {\n  "a": "open', 2, 13, 'the file ends in the middle of its JSON'],
  ['f.yml', 'flags:\n  a: 1\n b: [', 3, 1, 'All mapping items must start at the same column'],
  ['f.yml', 'flags:\n  a: {}\n  a: {}\n', 3, 3, 'flags.a: occurs twice in the same object'],
  ['f.yml', 'flags:\n  a: { on: true, on: false }\n', 2, 18, 'flags.a.on: occurs twice in the same object'],
  [
    'f.yml',
    'flags:\n  a: { rules: [{ id: x, id: y }] }\n',
    2,
    25,
    'flags.a.rules[0].id: occurs twice in the same object',
  ],
])('reports the place of a syntax error in %s: %j', (path, text, line, column, reason) => {
  const error = failure(text, path)
  expect(error).toMatchObject({ code: 'FLAG_FILE', path, line, column, reason })
  expect(error.message.split('\n')[0]).toBe(`${path}:${line}:${column}: ${reason}`)
  expect(error).toBeInstanceOf(HalyardError)
})

test.each([
  [
    'f.json',
    '{"flags":{"a":1}}',
    'flags.a: expected an object (a plain value belongs in the section flagValues), found the number 1',
  ],
  ['f.json', '{"segments":{"s":[]}}', 'segments.s: expected an object, found a list'],
  ['f.json', '{"flags":[]}', 'flags: expected an object, found a list'],
  [
    'f.yml',
    'flags:\n  a:\n',
    'flags.a: expected an object (a plain value belongs in the section flagValues), found null',
  ],
  ['f.json', '[]', 'expected an object with flags, segments or flagValues, found a list'],
  ['f.yml', '# only a comment', 'expected an object with flags, segments or flagValues, found null'],
  ['f.json', '', 'the file is empty; without flags, its content is {}'],
  ['f.yml', ' \n', 'the file is empty; without flags, its content is {}'],
  ['f.yml', 'flags: *nobody', 'Unresolved alias (the anchor must be set before the alias): nobody'],
])('reports the member of the wrong type: %s %j', (path, text, reason) => {
  expect(failure(text, path)).toMatchObject({ path, reason })
})

test('reports the right place of a JSON error anywhere in the text', () => {
  const text = fc
    .json({ maxDepth: 3 })
    .map((value) => JSON.stringify({ flagValues: { x: JSON.parse(value) } }, null, 2))
  fc.assert(
    fc.property(text, fc.nat(), (sound, seed) => {
      const offset = seed % (sound.length + 1)
      const broken = `${sound.slice(0, offset)}\u0001${sound.slice(offset)}`
      const before = broken.slice(0, offset).split('\n')
      expect(failure(broken, 'f.json')).toMatchObject({
        line: before.length,
        column: (before.at(-1)?.length ?? 0) + 1,
      })
    }),
  )
})
