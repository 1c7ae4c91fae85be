import { describe, expect, test } from 'vitest'
import { startSuite } from './suite.ts'

interface Report {
  readonly output?: string
  readonly error?: string
}

async function ask(command: string, params: object): Promise<unknown> {
  const suite = await startSuite()
  return (await suite.client({})).command(command, params)
}

async function contextFrom(command: string, params: object): Promise<unknown> {
  const { output, error } = (await ask(command, params)) as Report
  if (output === undefined) throw new Error(`no context: ${error}`)
  return JSON.parse(output)
}

const VALUES = [true, false, 0, 3, 0.5, '', 'text', [], ['a', 'b'], {}, { a: { b: 1 } }]

describe('a context is built of', () => {
  const cases: readonly (readonly [parts: object, context: object])[] = [
    [
      { key: 'a', kind: null, name: null, anonymous: null, private: null, custom: null },
      { kind: 'user', key: 'a' },
    ],
    [
      { key: 'a', kind: 'org' },
      { kind: 'org', key: 'a' },
    ],
    [
      { key: 'a', name: 'b' },
      { kind: 'user', key: 'a', name: 'b' },
    ],
    [
      { key: 'a', anonymous: false },
      { kind: 'user', key: 'a' },
    ],
    [
      { key: 'a', anonymous: true },
      { kind: 'user', key: 'a', anonymous: true },
    ],
    [
      { key: 'a', private: ['b'] },
      { kind: 'user', key: 'a', _meta: { privateAttributes: ['b'] } },
    ],
    [
      { key: 'a', custom: { attr: null } },
      { kind: 'user', key: 'a' },
    ],
    ...VALUES.map(
      (attr) =>
        [
          { key: 'a', custom: { attr } },
          { kind: 'user', key: 'a', attr },
        ] as const,
    ),
  ]
  test.each(cases)('%j', async (single, context) => {
    expect(await contextFrom('contextBuild', { single, multi: null })).toEqual(context)
  })

  test('several parts of different kinds', async () => {
    const multi = [{ kind: 'org', key: 'a' }, { key: 'b' }]
    const context = { kind: 'multi', org: { key: 'a' }, user: { key: 'b' } }
    expect(await contextFrom('contextBuild', { single: null, multi })).toEqual(context)
  })

  test('a multi-kind context with one part', async () => {
    const multi = [{ kind: 'org', key: 'a' }]
    expect(await contextFrom('contextBuild', { single: null, multi })).toEqual({ kind: 'org', key: 'a' })
  })

  test.each([
    { single: { key: '' } },
    { single: { key: 'a', kind: 'kind' } },
    { single: { key: 'a', kind: 'multi' } },
    { single: { key: 'a', kind: 'o r g' } },
    { multi: [{ key: 'a' }, { key: 'b' }] },
    { multi: [] },
  ])('%j it is not', async (parts) => {
    expect(await ask('contextBuild', parts)).toEqual({ error: expect.stringMatching(/./) })
  })
})

describe('a context is read from', () => {
  const org = { kind: 'org', key: 'x' }
  const everyLetter = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ013456789-_.'
  const unchanged: readonly object[] = [
    org,
    { ...org, name: 'b' },
    { ...org, anonymous: true },
    { ...org, attr1: 'first', attr2: 'second' },
    { ...org, _meta: { privateAttributes: ['x', 'y'] } },
    { kind: 'multi', org: { key: 'org-key', name: 'n' }, user: { key: 'user-key' } },
    { kind: everyLetter, key: 'x' },
    { kind: 'multi', [everyLetter]: { key: 'x' }, other: { key: 'y' } },
    ...VALUES.map((attr) => ({ ...org, attr })),
  ]
  test.each(unchanged)('%j', async (context) => {
    expect(await contextFrom('contextConvert', { input: JSON.stringify(context) })).toEqual(context)
  })

  const shortened: readonly (readonly [given: object, context: object])[] = [
    [{ ...org, name: null }, org],
    [{ ...org, attr1: null }, org],
    [{ ...org, _meta: null }, org],
    [{ ...org, _meta: {} }, org],
    [{ ...org, _meta: { privateAttributes: null } }, org],
    [{ ...org, _meta: { privateAttributes: [] } }, org],
    [
      { kind: 'multi', org: { key: 'a', name: 'b' } },
      { kind: 'org', key: 'a', name: 'b' },
    ],
    [{ key: '' }, { kind: 'user', key: '' }],
    [{ key: 'a' }, { kind: 'user', key: 'a' }],
    [
      { key: 'a', custom: { b: 1, c: { d: 2 }, e: null } },
      { kind: 'user', key: 'a', b: 1, c: { d: 2 } },
    ],
    [
      { key: 'a', custom: null },
      { kind: 'user', key: 'a' },
    ],
    [
      { key: 'a', anonymous: true },
      { kind: 'user', key: 'a', anonymous: true },
    ],
    [
      { key: 'a', anonymous: false },
      { kind: 'user', key: 'a' },
    ],
    [
      { key: 'a', anonymous: null },
      { kind: 'user', key: 'a' },
    ],
    [
      { key: 'a', privateAttributeNames: ['b'] },
      { kind: 'user', key: 'a', _meta: { privateAttributes: ['b'] } },
    ],
    [
      { key: 'a', privateAttributeNames: [] },
      { kind: 'user', key: 'a' },
    ],
    [
      { key: 'a', privateAttributeNames: null },
      { kind: 'user', key: 'a' },
    ],
    ...['name', 'firstName', 'lastName', 'email', 'country', 'avatar', 'ip'].flatMap((name) => [
      [
        { key: 'a', [name]: 'b' },
        { kind: 'user', key: 'a', [name]: 'b' },
      ] as const,
      [
        { key: 'a', [name]: null },
        { kind: 'user', key: 'a' },
      ] as const,
    ]),
  ]
  test.each(shortened)('%j, in short', async (given, context) => {
    expect(await contextFrom('contextConvert', { input: JSON.stringify(given) })).toEqual(context)
  })

  const badLetters = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1)).filter(
    (letter) => !everyLetter.includes(letter) && letter !== '2',
  )
  const invalid = [
    '',
    '{',
    'true',
    'null',
    '[]',
    '{"kind": null, "key": "x"}',
    '{"kind": true, "key": "x"}',
    '{"kind": "", "key": "x"}',
    '{"kind": "kind", "key": "x"}',
    '{"kind": "org"}',
    '{"kind": "org", "key": null}',
    '{"kind": "org", "key": 3}',
    '{"kind": "org", "key": ""}',
    '{"kind": "multi"}',
    '{"kind": "multi", "org": 3}',
    '{"kind": "multi", "org": {}}',
    '{}',
    '{"key": true}',
  ]
  test.each(invalid)('%s it is not', async (input) => {
    expect(await ask('contextConvert', { input })).toEqual({ error: expect.stringMatching(/./) })
  })

  // The suite expects that these are refused too.
  const wrongTypes = [
    '{"kind": "org", "key": "x", "name": 3}',
    '{"kind": "org", "key": "x", "anonymous": "yes"}',
    '{"kind": "org", "key": "x", "_meta": {"privateAttributes": 3}}',
    '{"kind": "org", "key": "x", "_meta": {"privateAttributes": {}}}',
    '{"key": "a", "custom": 3}',
    '{"key": "a", "anonymous": 3}',
    '{"key": "a", "privateAttributeNames": 3}',
    '{"key": "a", "name": 3}',
  ]
  test.each(wrongTypes)('%s it is not, for a wrong type', async (input) => {
    expect(await ask('contextConvert', { input })).toEqual({ error: expect.stringMatching(/./) })
  })

  test('not a kind with other characters', async () => {
    const suite = await startSuite()
    const client = await suite.client({})
    const outputs = badLetters.flatMap((letter) => [
      { kind: `org${letter}`, key: 'x' },
      { kind: 'multi', [`org${letter}`]: { key: 'x' } },
    ])
    const accepted: object[] = []
    for (const context of outputs) {
      const report = (await client.command('contextConvert', { input: JSON.stringify(context) })) as Report
      if (report.error === undefined) accepted.push(context)
    }
    expect(accepted).toEqual([])
  })
})

describe('two contexts are the same', () => {
  const user = { kind: 'user', key: 'u', attributes: null, privateAttributes: null }
  const org = { kind: 'org', key: 'o' }
  const address = { street: '123 Easy St', city: 'Anytown' }
  const attributes = [
    { name: 'name', value: 'Example' },
    { name: 'address', value: address },
  ]
  const privateAttributes = [
    { value: '/address/street', literal: false },
    { value: 'name', literal: false },
  ]
  const pointer = (value: string, literal: boolean): object => ({
    single: { ...user, privateAttributes: [{ value, literal }] },
  })
  const cases: readonly (readonly [what: string, context1: object, context2: object, equals: boolean])[] = [
    ['with the same members', { single: user }, { single: user }, true],
    [
      'whose attributes are in another order',
      { single: { ...user, attributes } },
      { single: { ...user, attributes: attributes.toReversed() } },
      true,
    ],
    [
      'whose private attributes are in another order',
      { single: { ...user, privateAttributes } },
      { single: { ...user, privateAttributes: privateAttributes.toReversed() } },
      true,
    ],
    [
      'whose private attributes are written otherwise',
      pointer('/address/street', true),
      pointer('/~1address~1street', false),
      true,
    ],
    [
      'whose private attribute is a name or a path to it',
      pointer('name', true),
      pointer('/name', false),
      true,
    ],
    ['whose kinds are in another order', { multi: [user, org] }, { multi: [org, user] }, true],
    ['of which one is alone among several', { multi: [user] }, { single: user }, true],
    ['unless the kinds differ', { single: user }, { single: { ...user, kind: 'org' } }, false],
    ['unless the keys differ', { multi: [user, org] }, { multi: [{ ...user, key: 'v' }, org] }, false],
    [
      'unless an attribute differs inside',
      { single: { ...user, attributes: [{ name: 'a', value: { b: 1 } }] } },
      { single: { ...user, attributes: [{ name: 'a', value: { b: 1, c: 2 } }] } },
      false,
    ],
    ['unless one has a kind more', { multi: [user, org] }, { multi: [user] }, false],
    ['unless a path is meant by its letters', pointer('/a', true), pointer('/a', false), false],
  ]
  test.each(cases)('%s', async (_, context1, context2, equals) => {
    const sides = [context1, context2].map((side) => ({ single: null, multi: null, ...side }))
    expect(await ask('contextComparison', { context1: sides[0], context2: sides[1] })).toEqual({ equals })
  })
})
