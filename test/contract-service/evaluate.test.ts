import { expect, test } from 'vitest'
import { LiveStream, startOrigin } from '../support/origin.ts'
import { fixed, type RemoteClient, type Scripted, script, startSuite, streaming } from './suite.ts'

const user = { kind: 'user', key: 'u' }

async function clientWith(...objects: readonly Scripted[]): Promise<RemoteClient> {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script(...objects)).answer)
  return suite.client({ synchronizers: [streaming(origin.url)] })
}

const evaluate = (valueType: string, flagKey: string, more: object = {}) => ({
  flagKey,
  context: user,
  user: null,
  valueType,
  defaultValue: null,
  detail: false,
  ...more,
})

test('evaluates each type of value by its method', async () => {
  const client = await clientWith(
    fixed('truth', true),
    fixed('count', 3),
    fixed('share', 0.5),
    fixed('word', 'yes'),
    fixed('thing', { a: [1, null] }),
  )
  const value = (type: string, key: string): Promise<unknown> =>
    client.command('evaluate', evaluate(type, key))
  expect(await value('bool', 'truth')).toEqual({ value: true })
  expect(await value('int', 'count')).toEqual({ value: 3 })
  expect(await value('double', 'share')).toEqual({ value: 0.5 })
  expect(await value('string', 'word')).toEqual({ value: 'yes' })
  expect(await value('any', 'thing')).toEqual({ value: { a: [1, null] } })
})

test.each([
  ['bool', false],
  ['int', 0],
  ['double', 0],
  ['string', ''],
  ['any', null],
])('a missing default of type %s is %j', async (type, value) => {
  const client = await clientWith()
  expect(await client.command('evaluate', evaluate(type, 'missing'))).toEqual({ value })
})

test.each([
  ['bool', 'truth', false, true],
  ['int', 'count', 7, 3],
  ['double', 'count', 0.5, 3],
  ['string', 'word', 'no', 'yes'],
  ['any', 'word', null, 'yes'],
])(
  'with detail a value of type %s comes with variation and reason',
  async (type, key, defaultValue, value) => {
    const client = await clientWith(fixed('truth', true), fixed('count', 3), fixed('word', 'yes'))
    const asked = evaluate(type, key, { defaultValue, detail: true })
    const expected = { value, variationIndex: 0, reason: { kind: 'OFF' } }
    expect(await client.command('evaluate', asked)).toEqual(expected)
  },
)

test('returns the default value and the error for a flag of another type, and for a missing flag', async () => {
  const client = await clientWith(fixed('word', 'yes'))
  const failed = (errorKind: string): object => ({
    value: 7,
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind },
  })
  const asked = { defaultValue: 7, detail: true }
  expect(await client.command('evaluate', evaluate('int', 'word', asked))).toEqual(failed('WRONG_TYPE'))
  expect(await client.command('evaluate', evaluate('int', 'none', asked))).toEqual(failed('FLAG_NOT_FOUND'))
})

const VALUES = { bool: true, number: 3, string: 'yes', object: { a: 1 }, list: [1] }
const DEFAULTS = { bool: false, int: 7, double: 0.5, string: 'no' }
const wrong = Object.entries(DEFAULTS).flatMap(([type, fallback]) => {
  const own = type === 'int' || type === 'double' ? 'number' : type
  return Object.keys(VALUES)
    .filter((key) => key !== own)
    .map((key) => [type, key, fallback] as const)
})

test.each(wrong)(
  'a value of type %s is asked for and a %s is there: the default is %j',
  async (type, key, value) => {
    const client = await clientWith(...Object.entries(VALUES).map(([name, held]) => fixed(name, held)))
    const asked = { defaultValue: value }
    expect(await client.command('evaluate', evaluate(type, key, asked))).toEqual({ value })
    expect(await client.command('evaluate', evaluate(type, key, { ...asked, detail: true }))).toEqual({
      value,
      variationIndex: null,
      reason: { kind: 'ERROR', errorKind: 'WRONG_TYPE' },
    })
  },
)

test('evaluates a legacy user as a context of kind user', async () => {
  const clause = { contextKind: 'user', attribute: 'team', op: 'in', values: ['blue'] }
  const rules = [{ id: 'r', variation: 1, clauses: [clause] }]
  const client = await clientWith(
    fixed('a', 'off', { on: true, rules, fallthrough: { variation: 0 }, variations: ['no', 'yes'] }),
  )
  const asked = evaluate('string', 'a', { context: null, user: { key: 'u', custom: { team: 'blue' } } })
  expect(await client.command('evaluate', asked)).toEqual({ value: 'yes' })
})

test('returns all flags with the versions inside the objects, not those of the envelopes', async () => {
  const client = await clientWith(fixed('a', 1, { version: 100 }), fixed('b', 2, { version: 200 }))
  expect(await client.command('evaluateAll', { context: user })).toEqual({
    state: {
      a: 1,
      b: 2,
      $flagsState: { a: { variation: 0, version: 100 }, b: { variation: 0, version: 200 } },
      $valid: true,
    },
  })
})

test('returns all flags with the requested options', async () => {
  const client = await clientWith(
    fixed('seen', 1, { clientSideAvailability: { usingEnvironmentId: true }, trackEvents: true }),
    fixed('hidden', 2),
  )
  const asked = { context: user, clientSideOnly: true, withReasons: true, detailsOnlyForTrackedFlags: true }
  const { state } = (await client.command('evaluateAll', asked)) as { state: Record<string, unknown> }
  expect(state.hidden).toBeUndefined()
  expect(state.$flagsState).toEqual({
    seen: { variation: 0, version: 100, trackEvents: true, reason: { kind: 'OFF' } },
  })
})

test('returns all flags with their prerequisites', async () => {
  const client = await clientWith(
    fixed('first', true, { on: true, fallthrough: { variation: 0 } }),
    fixed('second', true, {
      on: true,
      fallthrough: { variation: 0 },
      prerequisites: [{ key: 'first', variation: 0 }],
    }),
  )
  const { state } = (await client.command('evaluateAll', { context: user })) as {
    state: { $flagsState: Record<string, unknown> }
  }
  expect(state.$flagsState.second).toMatchObject({ prerequisites: ['first'] })
})

test('returns the secure mode hash of the key of the context', async () => {
  const suite = await startSuite()
  const client = await suite.client({}, { credential: 'sdk-01234567-89ab-cdef-0123-456789abcdef' })
  const result = '73df666a13f2c474e50aa34ca5a761e89abb737fb139ff65fdde7fa85c9dcacd'
  const context = { kind: 'user', key: 'user-key-123', name: 'nobody cares' }
  expect(await client.command('secureModeHash', { context })).toEqual({ result })
  expect(await client.command('secureModeHash', { user: { key: 'user-key-123' } })).toEqual({ result })
})
