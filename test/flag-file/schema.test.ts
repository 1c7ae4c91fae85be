import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { finishAtOnce } from '../../src/async/slices.ts'
import { checkingFlagFile } from '../../src/flag-file/parse.ts'
import { loadYamlParser } from '../../src/flag-file/parse-yaml.ts'
import { isJsonObject } from '../../src/model/json.ts'
import { changedContent, validContent } from './arbitrary.ts'

const root = join(import.meta.dirname, '../..')
const schema: unknown = JSON.parse(readFileSync(join(root, 'schema/flag-file.schema.json'), 'utf8'))

// A member that a condition requires is declared outside of the condition.
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true })
const isValid = ajv.compile(schema as object)

await loadYamlParser('a test')

/** Errors about values that a JSON Schema cannot compare with each other, or whose nesting it cannot limit. */
const BEYOND_SCHEMAS = [
  /^expected weights that sum to 100000/,
  /^expected the index of a variation, (0 to \d+|but the flag has no variations), found the number \d+$/,
  /^nested deeper than 200 levels$/,
]

interface Verdicts {
  /** The reasons of the validator. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  /** The members that the schema refuses. */
  readonly refused: readonly string[]
}

function verdictsOn(content: unknown): Verdicts {
  const { errors, warnings } = finishAtOnce(
    checkingFlagFile(JSON.stringify(content), 'f.json', { format: 'json' }),
  )
  isValid(content)
  return {
    errors: errors.map(({ reason }) => reason),
    warnings: warnings.map(({ reason }) => reason),
    refused: (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`),
  }
}

it('(VF3.1) the schema accepts what the validator accepts without a warning', () => {
  fc.assert(
    fc.property(validContent, (content) => {
      const { errors, warnings, refused } = verdictsOn(content)
      expect({ errors, warnings, refused }).toEqual({ errors: [], warnings: [], refused: [] })
    }),
    { numRuns: 300 },
  )
})

it('(VF3.1, VF3.2) the schema refuses exactly what the validator reports, except sums, indexes and nesting', () => {
  const counts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(changedContent, (content) => {
      const { errors, warnings, refused } = verdictsOn(content)
      const visible = [...errors, ...warnings].filter(
        (reason) => !BEYOND_SCHEMAS.some((pattern) => pattern.test(reason)),
      )
      if (refused.length === 0) expect(visible).toEqual([])
      else expect([...errors, ...warnings]).not.toEqual([])
      counts[refused.length > 0 ? 'refused' : 'accepted'] += 1
    }),
    { numRuns: 2_000 },
  )
  expect(Math.min(counts.accepted, counts.refused)).toBeGreaterThan(20)
})

it.each([
  ['a misspelt member', { flags: { a: { falthrough: { variation: 0 } } } }],
  ['an unknown section', { rules: {} }],
  ['an unknown operator', { flags: { a: ruleWith({ attribute: 'x', op: 'like', values: [] }) } }],
  ['a clause without an attribute', { flags: { a: ruleWith({ op: 'in', values: [] }) } }],
  ['a segment with a number as its key', { flags: { a: ruleWith({ op: 'segmentMatch', values: [1] }) } }],
  ['a fallthrough with nothing', { flags: { a: { fallthrough: {} } } }],
  ['a rollout without shares', { flags: { a: { fallthrough: { rollout: { variations: [] } } } } }],
  [
    'a context kind with a space',
    { segments: { s: { includedContexts: [{ contextKind: 'a b', values: [] }] } } },
  ],
  ['null for a variation', { flags: { a: { variations: [1], fallthrough: { variation: null } } } }],
])('(VF3.2) the schema refuses %s', (_, content) => {
  const { errors, warnings, refused } = verdictsOn(content)
  expect(errors.length + warnings.length).toBeGreaterThan(0)
  expect(refused).not.toEqual([])
})

it.each([
  ['weights with another sum', { rollout: { variations: [{ variation: 0, weight: 10 }] } }],
  ['an index without a variation', { variation: 1 }],
])('(VF3.2) the schema cannot refuse %s', (_, fallthrough) => {
  const { errors, refused } = verdictsOn({ flags: { a: { variations: [1], fallthrough } } })
  expect(errors).toHaveLength(1)
  expect(refused).toEqual([])
})

function ruleWith(clause: object): object {
  return { variations: [1], rules: [{ variation: 0, clauses: [clause] }] }
}

/** Yields each part of the schema with its path. */
function* partsOf(
  value: unknown,
  path: string,
): Generator<readonly [path: string, part: Record<string, unknown>]> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* partsOf(item, `${path}/${index}`)
  if (!isJsonObject(value)) return
  yield [path, value]
  for (const [name, member] of Object.entries(value)) yield* partsOf(member, `${path}/${name}`)
}

it('(VF3.3) the schema describes every member of flags and segments', () => {
  const members = [...partsOf(schema, '')].filter(
    ([path]) => /\/properties\/[^/]+$/.test(path) && !/\/(if|then|else|anyOf)\//.test(path),
  )
  const nameless = members.filter(([, part]) => typeof part.description !== 'string')
  expect(members.length).toBeGreaterThan(70)
  expect(nameless.map(([path]) => path)).toEqual([])
})

it('(VF3.3) the examples of the schema are valid', () => {
  for (const [path, part] of partsOf(schema, '')) {
    if (!Array.isArray(part.examples)) continue
    const check = ajv.compile({
      $ref: `#/$defs/part`,
      $defs: { ...(schema as { $defs: object }).$defs, part },
    })
    for (const example of part.examples as readonly unknown[])
      expect([path, check(example)]).toEqual([path, true])
  }
})

it('(VF3.4) a content may name the schema', () => {
  expect(verdictsOn({ $schema: './node_modules/halyard/schema/flag-file.schema.json', flags: {} })).toEqual({
    errors: [],
    warnings: [],
    refused: [],
  })
})

it('(VF3.5) the package exports the schema', () => {
  const { resolve } = createRequire(import.meta.url)
  expect(resolve('halyard/flag-file.schema.json')).toBe(join(root, 'schema/flag-file.schema.json'))
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly files: unknown
  }
  expect(files).toContain('schema')
})
