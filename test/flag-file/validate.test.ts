import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FlagFileError } from '../../src/flag-file/flag-file-error.ts'
import { parseFlagFile } from '../../src/flag-file/parse.ts'
import { loadYamlParser } from '../../src/flag-file/parse-yaml.ts'
import { referenceWarnings } from '../../src/flag-file/references.ts'

await loadYamlParser('a test')

function faults(text: string, path = 'f.yml'): readonly string[] {
  try {
    parseFlagFile(text, path)
  } catch (error) {
    if (error instanceof FlagFileError) return error.message.split('\n')
    throw error
  }
  return []
}

/** Returns a flag with two variations and these further members. */
function flag(...members: readonly string[]): string {
  return ['flags:', '  a:', '    variations: [1, 2]', ...members.map((member) => `    ${member}`)].join('\n')
}

test.each<[text: string, ...faults: string[]]>([
  ['flagz: {}', 'f.yml:1:1: flagz: not a section of a flag file; did you mean flags?'],
  ['flags: {}\nsegmnts: {}', 'f.yml:2:1: segmnts: not a section of a flag file; did you mean segments?'],
  ['rules: {}', 'f.yml:1:1: rules: not a section of a flag file; known are flags, segments, flagValues'],
  [flag('on: "yes"'), 'f.yml:4:5: flags.a.on: expected true or false, found the string "yes"'],
  [flag('on: yes'), 'f.yml:4:5: flags.a.on: expected true or false, found the string "yes"'],
  [
    flag('fallthrough: {variation: 7}'),
    'f.yml:4:19: flags.a.fallthrough.variation: expected the index of a variation, 0 to 1, found the number 7',
  ],
  [
    flag('fallthrough:', '  variation:'),
    'f.yml:5:7: flags.a.fallthrough.variation: expected the index of a variation, 0 to 1, found null',
  ],
  [
    flag('fallthrough: {}'),
    'f.yml:4:5: flags.a.fallthrough: expected a variation or a rollout, found neither',
  ],
  [
    flag('offVariation: 2'),
    'f.yml:4:5: flags.a.offVariation: expected the index of a variation, 0 to 1, found the number 2',
  ],
  [
    'flags: {a: {variations: [red, blue], offVariation: blue}}',
    'f.yml:1:38: flags.a.offVariation: expected the index of a variation, 0 to 1 (this value has the index 1), found the string "blue"',
  ],
  [
    flag('rules: [{variation: 0, clauses: [{op: in, values: []}]}]'),
    'f.yml:4:38: flags.a.rules[0].clauses[0].attribute: expected the name of an attribute, such as email, found nothing',
  ],
  [
    flag('offVariation: -1'),
    'f.yml:4:5: flags.a.offVariation: expected the index of a variation, 0 to 1, found the number -1',
  ],
  [
    flag('falthrough: {variation: 0}'),
    'f.yml:4:5: flags.a.falthrough: not a known member; did you mean fallthrough?',
  ],
  [
    flag('version: "7"'),
    'f.yml:4:5: flags.a.version: expected a whole number, 0 or more, found the string "7"',
  ],
  [
    flag('targets: [{variation: 0, values: [5]}]'),
    'f.yml:4:39: flags.a.targets[0].values[0]: expected a string, found the number 5',
  ],
  [
    flag('rules: [{variation: 0, clauses: [{attribute: x, op: startWith, values: []}]}]'),
    'f.yml:4:53: flags.a.rules[0].clauses[0].op: expected an operator (did you mean startsWith?), found the string "startWith"',
  ],
  [
    flag('rules: [{clauses: []}]'),
    'f.yml:4:13: flags.a.rules[0]: expected a variation or a rollout, found neither',
  ],
  [
    flag(
      'fallthrough: {rollout: {variations: [{variation: 0, weight: 60000}, {variation: 1, weight: 30000}]}}',
    ),
    'f.yml:4:19: flags.a.fallthrough.rollout: expected weights that sum to 100000 (1 % is 1000), found a sum of 90000',
  ],
  [
    'flagValues: {a: .nan, b: .inf}',
    'f.yml:1:14: flagValues.a: expected a value that JSON can represent, found NaN',
    'f.yml:1:23: flagValues.b: expected a value that JSON can represent, found Infinity',
  ],
  ['flagValues: {a: &a {b: *a}}', 'f.yml:1:21: flagValues.a.b: an alias of an object that contains it'],
  [
    'segments: {s: {included: [1]}}',
    'f.yml:1:27: segments.s.included[0]: expected a string, found the number 1',
  ],
])('S162: %j is an error with line, path, expected value and nearest name', (text, ...expected) => {
  expect(faults(text)).toEqual(expected)
})

test.each([
  ['flag', 'version: -1'],
  ['flag', 'debugEventsUntilDate: 1.5'],
  ['flag', 'samplingRatio: -1'],
  ['flag', 'samplingRatio: 4294967296'],
  ['flag', 'migration: {checkRatio: 0.5}'],
  ['flag', 'fallthrough: {rollout: {seed: 0.5, variations: [{variation: 0, weight: 100000}]}}'],
  ['flag', 'targets: [{contextKind: "", variation: 0, values: []}]'],
  ['flag', 'contextTargets: [{contextKind: multi, variation: 0, values: []}]'],
  ['flag', 'rules: [{variation: 0, clauses: [{contextKind: "a b", attribute: x, op: in, values: []}]}]'],
  ['segment', 'version: 0.5'],
  ['segment', 'generation: 0.5'],
  ['segment', 'unboundedContextKind: kind'],
  ['segment', 'includedContexts: [{contextKind: "", values: []}]'],
  ['segment', 'rules: [{rolloutContextKind: "é", clauses: []}]'],
])('S162: a %s with a value that strict decoders reject is an error: %s', (kind, member) => {
  const text = kind === 'flag' ? flag(member) : `segments:\n  s:\n    ${member}`
  expect(faults(text)).toEqual([expect.stringContaining('expected a')])
})

test('S162: errors in JSON have the same places as in YAML', () => {
  const text = '{\n  "flags": {\n    "a": {"variations": [1], "on": "yes",\n      "offVariation": 3}\n  }\n}'
  expect(faults(text, 'f.json')).toEqual([
    'f.json:3:30: flags.a.on: expected true or false, found the string "yes"',
    'f.json:4:7: flags.a.offVariation: expected the index of a variation, 0 to 0, found the number 3',
  ])
  expect(faults('{"flags": {"a": {"on": true,\n "on": false}}}', 'f.json')).toEqual([
    'f.json:2:2: flags.a.on: occurs twice in the same object',
  ])
  expect(faults('{"flagValues": {"a\\"": "{\\"x", "b": [{"c": "\\\\"}, {"c": 1}]}}', 'f.json')).toEqual([])
})

test('S162.7: lists up to 20 problems and counts the others', () => {
  const flags = Array.from({ length: 30 }, (_, index) => `  f${index}: {on: 1}`).join('\n')
  const found = faults(`flags:\n${flags}`)
  expect(found).toHaveLength(21)
  expect(found.at(-1)).toBe('f.yml: 10 more')
})

test.each(['f.json', 'f.yml'])('S162: an object nested 8,000 deep in %s is refused by name', (path) => {
  const text = `{"flagValues": {"deep": ${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}}}`
  expect(faults(text, path).join()).toMatch(/nested (deeper than 200 levels|too deeply)/)
})

test('S162.11: applies merge keys of YAML', () => {
  const text =
    'flags:\n  a: &base {on: true, variations: [1], fallthrough: {variation: 0}}\n  b: {<<: *base, on: false}'
  const { flags, warnings } = parseFlagFile(text, 'f.yml')
  expect(flags.get('b')).toMatchObject({ on: false, variations: [1] })
  expect(warnings).toEqual([])
})

test('S162: keeps other unknown members, with a warning', () => {
  const { flags, warnings } = parseFlagFile(flag('maintainer: ada'), 'f.yml')
  expect(flags.get('a')).toMatchObject({ maintainer: 'ada' })
  expect(warnings).toEqual([
    'f.yml:4:5: flags.a.maintainer: not a known member; it is kept and has no effect here',
  ])
})

test('S162.10: warns of missing references and of cycles', () => {
  const text = [
    'flags:',
    '  a: {on: true, variations: [1], fallthrough: {variation: 0}, prerequisites: [{key: b, variation: 0}]}',
    '  b: {on: true, variations: [1], fallthrough: {variation: 0}, prerequisites: [{key: a, variation: 3}, {key: gone, variation: 0}]}',
    '  c:',
    '    variations: [1]',
    '    rules: [{variation: 0, clauses: [{op: segmentMatch, values: [lost]}]}]',
  ].join('\n')
  expect(referenceWarnings(parseFlagFile(text, 'f.yml'))).toEqual([
    'flags.a: its prerequisites form a cycle, so evaluation reports it as malformed',
    'flags.b.prerequisites[0].variation: the prerequisite a has no variation 3',
    'flags.b.prerequisites[1].key: the prerequisite gone does not exist; the flag is off',
    'flags.b: its prerequisites form a cycle, so evaluation reports it as malformed',
    'flags.c.rules[0].clauses[0].values[0]: the segment lost does not exist; it never matches',
  ])
})

test('S162.13: warns of a flag that is on without a fallthrough', () => {
  const warning =
    'it is on without a fallthrough; a context that matches no target and no rule gets the default value of the application'
  const warningsOf = (...members: readonly string[]): readonly string[] =>
    referenceWarnings(parseFlagFile(flag(...members), 'f.yml'))
  expect(warningsOf('on: true')).toEqual([`flags.a: ${warning}`])
  expect(warningsOf('on: true', 'fallthrough: null')).toEqual([`flags.a: ${warning}`])
  expect(warningsOf('on: true', 'fallthrough: {variation: 0}')).toEqual([])
  const rollout = 'fallthrough: {rollout: {variations: [{variation: 1, weight: 100000}]}}'
  expect(warningsOf('on: true', rollout)).toEqual([])
  expect(warningsOf('on: false')).toEqual([])
  expect(warningsOf('on: true', 'deleted: true')).toEqual([])
  expect(referenceWarnings(parseFlagFile('flagValues: {a: 1}', 'f.yml'))).toEqual([])
})

test('S163: adds a default value for each missing member', () => {
  const text =
    '{"flagValues": {"v": 1}, "flags": {"f": {"on": true, "variations": [1], "clientSide": true, "rules": [{"variation": 0}]}}, "segments": {"s": {}}}'
  const { flags, segments } = parseFlagFile(text, 'f.json')
  const rest = {
    version: 1,
    deleted: false,
    on: true,
    prerequisites: [],
    targets: [],
    contextTargets: [],
    offVariation: null,
    salt: '',
    trackEvents: false,
    trackEventsFallthrough: false,
    debugEventsUntilDate: null,
    excludeFromSummaries: false,
    samplingRatio: 1,
  }
  expect(flags.get('v')).toEqual({
    ...rest,
    key: 'v',
    variations: [1],
    rules: [],
    fallthrough: { variation: 0 },
    clientSide: false,
    clientSideAvailability: { usingMobileKey: true, usingEnvironmentId: false },
  })
  expect(flags.get('f')).toEqual({
    ...rest,
    key: 'f',
    variations: [1],
    rules: [{ variation: 0, clauses: [], trackEvents: false }],
    fallthrough: {},
    clientSide: true,
    clientSideAvailability: { usingMobileKey: true, usingEnvironmentId: true },
  })
  expect(segments.get('s')).toEqual({
    key: 's',
    version: 1,
    deleted: false,
    included: [],
    excluded: [],
    includedContexts: [],
    excludedContexts: [],
    rules: [],
    salt: '',
    unbounded: false,
    generation: null,
  })
})

/** Returns flags that are on and have these prerequisites. */
function chained(edges: ReadonlyMap<string, readonly string[]>): Parameters<typeof referenceWarnings>[0] {
  const flags = [...edges].map(([key, others]) => {
    const prerequisites = others.map((other) => ({ key: other, variation: 0 }))
    return [
      key,
      { on: true, version: 1, variations: [1], fallthrough: { variation: 0 }, prerequisites },
    ] as const
  })
  return { flags: new Map(flags), segments: new Map() }
}

test('S168: reports exactly the flags that depend on themselves', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f']
  const edges = fc.array(fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...keys)), { maxLength: 12 })
  fc.assert(
    fc.property(edges, (pairs) => {
      const next = new Map(
        keys.map((key) => [key, pairs.filter(([from]) => from === key).map(([, to]) => to)]),
      )
      const reached = (key: string): ReadonlySet<string> => {
        const seen = new Set<string>(next.get(key))
        for (const other of seen) for (const further of next.get(other) ?? []) seen.add(further)
        return seen
      }
      const expected = keys.filter((key) => reached(key).has(key))
      expect(referenceWarnings(chained(next))).toEqual(
        expected.map(
          (key) => `flags.${key}: its prerequisites form a cycle, so evaluation reports it as malformed`,
        ),
      )
    }),
  )
})

test('S168: visits a chain of 100,000 flags once', () => {
  const length = 100_000
  const key = (index: number): string => `f${index}`
  const open = Array.from(
    { length },
    (_, index) => [key(index), index + 1 < length ? [key(index + 1)] : []] as const,
  )
  expect(referenceWarnings(chained(new Map(open)))).toEqual([])
  const closed = new Map(open).set(key(length - 1), [key(0)])
  expect(referenceWarnings(chained(closed))).toHaveLength(length)
})
