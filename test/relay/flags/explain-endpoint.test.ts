import { expect, it, onTestFinished } from 'vitest'
import type { Change } from '../../../src/model/change-set.ts'
import type { ExplainedLine } from '../../../src/relay/flags/explained-line.ts'
import type { EvaluatedFlags, FlagExplanation } from '../../../src/relay/flags/explaining.ts'
import { textOf } from '../../../src/relay/flags/sentence.ts'
import { startRelayServer } from '../../../src/relay/relay.ts'
import { put } from '../../support/origin.ts'
import { relayConfig } from '../../support/relays.ts'
import { change } from '../../support/stored.ts'
import { Upstream } from '../../support/upstream.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const SDK_KEY = 'sdk-production-51f0'
const BOB = { kind: 'user', key: 'bob', country: 'de', email: 'bob@test.org' }

const COLOUR = {
  variations: ['red', 'blue'],
  offVariation: 0,
  salt: 'abc',
  prerequisites: [{ key: 'base', variation: 0 }],
  targets: [{ variation: 1, values: ['ann', 'eve'] }],
  rules: [
    {
      variation: 1,
      clauses: [
        { attribute: 'country', op: 'in', values: ['de', 'at'] },
        { attribute: 'email', op: 'endsWith', values: ['@example.com'] },
      ],
    },
    { variation: 0, clauses: [{ attribute: 'key', op: 'segmentMatch', values: ['beta'] }] },
    { variation: 0, clauses: [{ attribute: 'age', op: 'lessThan', negate: true, values: [5] }] },
  ],
  fallthrough: {
    rollout: {
      variations: [
        { variation: 0, weight: 30_000 },
        { variation: 1, weight: 70_000 },
      ],
    },
  },
}

const DATA: readonly Change[] = [
  change('base', 1, true),
  change('dead', 1, true, { on: false, variations: [true, false], offVariation: 1 }),
  change('colour', 7, 'red', COLOUR),
  change('needs', 1, 1, {
    variations: [1, 2],
    offVariation: 1,
    prerequisites: [{ key: 'dead', variation: 0 }],
  }),
  change('pattern', 1, 'x', {
    rules: [{ variation: 0, clauses: [{ attribute: 'email', op: 'matches', values: ['^bob@'] }] }],
  }),
  change('broken', 1, true, { fallthrough: { variation: 9 } }),
  {
    op: 'put',
    kind: 'segment',
    key: 'beta',
    version: 3,
    object: {
      key: 'beta',
      version: 3,
      included: ['bob'],
      rules: [{ clauses: [{ attribute: 'email', op: 'contains', values: ['beta'] }] }],
    },
  },
]

async function start(changes: readonly Change[] = DATA) {
  const upstream = new Upstream()
  upstream.hold(SDK_KEY, changes)
  await upstream.start()
  onTestFinished(() => upstream.kill())
  const environments = [{ name: 'production', sdkKey: SDK_KEY }]
  const relay = await startRelayServer(relayConfig({ endpoints: upstream.endpoints, environments }), {
    logger: silent,
  })
  onTestFinished(() => relay.close())
  await relay.started
  const post = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${relay.url}/page/explain`, { method: 'POST', headers: { 'content-type': type }, body })
  const explain = async <T>(members: object): Promise<T> => {
    const response = await post(JSON.stringify({ environment: 'production', context: BOB, ...members }))
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    return (await response.json()) as T
  }
  return { post, explain }
}

/** Returns the lines as text, indented, with the sign of their outcome. */
function written(lines: readonly ExplainedLine[], level = 0): readonly string[] {
  const signs = { yes: '+', no: '-', skipped: '.', problem: '!' }
  return lines.flatMap(({ outcome, words, decides, lines: inner = [] }) => [
    `${'  '.repeat(level)}${signs[outcome]} ${textOf(words)}${decides ? ' <' : ''}`,
    ...written(inner, level + 1),
  ])
}

it('(PG25.1) explains the evaluation of a flag step by step, up to the step that decided', async () => {
  const { explain } = await start()
  const { result, version, value, lines } = await explain<FlagExplanation>({ flag: 'colour' })
  expect([textOf(result), version, value]).toEqual([
    'variation 0 ("red"), because rule 2 matches',
    7,
    '"red"',
  ])
  expect(written(lines)).toEqual([
    '+ The flag is on.',
    '+ Flag base is on and has variation 0 (true).',
    '  + The flag is on.',
    '  + The default rule applies. <',
    '    + It serves variation 0 (true).',
    '- The user key "bob" is not in a list of 2 keys.',
    '- Rule 1 does not match.',
    '  + country is one of "de" or "at" – the context has "de"',
    '  - email ends with "@example.com" – the context has "bob@test.org"',
    '+ Rule 2 matches. <',
    '  + the context is in segment beta',
    '    + Segment beta contains the context: the key is included.',
    '  + It serves variation 0 ("red").',
    '. 1 further rule was not reached.',
    '. The default rule was not reached.',
  ])
})

it('(PG25.1) explains a rollout, segments without the context, and negated conditions', async () => {
  const { explain } = await start()
  const { lines } = await explain<FlagExplanation>({ flag: 'colour', context: { kind: 'user', key: 'amy' } })
  expect(written(lines).slice(6)).toEqual([
    '- Rule 1 does not match.',
    '  - country is one of "de" or "at" – the context has no such attribute',
    '  . email ends with "@example.com"',
    '- Rule 2 does not match.',
    '  - the context is in segment beta',
    '    - Segment beta does not contain the context: the key is not listed, and no rule matches.',
    '      - Rule 1 of the segment does not match.',
    '        - email contains "beta" – the context has no such attribute',
    '- Rule 3 does not match.',
    '  - age is set and is not less than 5 – the context has no such attribute (even a negated condition does not match without a value)',
    '+ The default rule applies. <',
    '  + key "amy" has the bucket 93.979%, the hash of "colour.abc." and the value',
    '    - 30% variation 0 ("red") (0% to 30%)',
    '    + 70% variation 1 ("blue") (30% to 100%), which has the bucket',
  ])
  const target = await explain<FlagExplanation>({ flag: 'colour', context: { kind: 'user', key: 'eve' } })
  expect(written(target.lines).slice(5)).toEqual([
    '+ The user key "eve" is in a list of 2 keys. <',
    '  + It serves variation 1 ("blue").',
    '. The default rule was not reached.',
  ])
})

it('(PG25.1) explains a flag that is off, a failed prerequisite and a malformed flag', async () => {
  const { explain } = await start()
  const linesOf = async (flag: string): Promise<readonly string[]> =>
    written((await explain<FlagExplanation>({ flag })).lines)
  expect(await linesOf('dead')).toEqual(['- The flag is off. <', '  + It serves variation 1 (false).'])
  expect(await linesOf('needs')).toEqual([
    '+ The flag is on.',
    '- Flag dead must be on with variation 0 (true), but is not; it has variation 1 (false), because the flag is off. <',
    '  - The flag is off. <',
    '    + It serves variation 1 (false).',
    '  + It serves variation 1 (2).',
  ])
  expect((await linesOf('broken')).at(-1)).toMatch(/^ {2}! The flag is malformed here/)
  expect((await linesOf('pattern')).slice(0, 2)).toEqual(['+ The flag is on.', '+ Rule 1 matches. <'])
})

it('(PG25.2) answers the values and reasons of many flags for one context', async () => {
  const { explain } = await start()
  const flags = ['base', 'needs', 'missing', 'broken', 'colour', '__proto__']
  const { rows } = await explain<EvaluatedFlags>({ flags })
  expect(rows.map(({ key, value, reason }) => [key, value, textOf(reason)])).toEqual([
    ['base', 'true', 'the default rule applies'],
    ['needs', '2', 'prerequisite dead is not met'],
    ['broken', undefined, 'the flag is malformed'],
    ['colour', '"red"', 'rule 2 matches'],
  ])
})

it('(PG25.3) refuses a body that cannot be used, and names the member', async () => {
  const { post } = await start()
  const refusal = async (body: object | string): Promise<unknown> => {
    const response = await post(typeof body === 'string' ? body : JSON.stringify(body))
    const { error, field } = (await response.json()) as { error: string; field: string }
    return [response.status, field, error]
  }
  const valid = { environment: 'production', flag: 'base', context: BOB }
  expect(await refusal('{"environment"')).toEqual([400, 'body', 'the body is not a JSON object'])
  expect(await refusal('[1]')).toEqual([400, 'body', 'the body is not a JSON object'])
  expect(await refusal('['.repeat(100_000))).toEqual([400, 'body', 'the body is nested too deep'])
  expect(await refusal(`"${'x'.repeat(1_100_000)}"`)).toEqual([
    413,
    'body',
    'the body is longer than 1048576 bytes',
  ])
  expect(await refusal({ ...valid, context: 'bob' })).toEqual([
    400,
    'context',
    'The context is not an object',
  ])
  expect(await refusal({ ...valid, context: { kind: 'user' } })).toEqual([
    400,
    'context',
    'The key of the user is not a string, or is empty',
  ])
  expect(await refusal({ ...valid, context: undefined })).toEqual([400, 'context', 'The context is missing'])
  expect(await refusal({ ...valid, environment: 'x' })).toEqual([404, 'environment', 'unknown environment'])
  expect(await refusal({ ...valid, flag: 'x' })).toEqual([404, 'flag', 'there is no flag with this key'])
  expect(await refusal({ ...valid, flag: 5 })).toMatchObject([400, 'flag', expect.anything()])
  expect(await refusal({ ...valid, flags: Array(101).fill('base') })).toMatchObject([
    400,
    'flag',
    expect.anything(),
  ])
  expect((await post(JSON.stringify(valid), 'text/plain')).status).toBe(415)
})

it('(PG25.4) bounds the explanation of a flag of 5 MB with thousands of rules', async () => {
  const clause = {
    attribute: 'email',
    op: 'in',
    values: Array.from({ length: 50 }, (_, index) => `u-${index}`),
  }
  const rules = Array.from({ length: 5_000 }, () => ({ variation: 0, clauses: [clause] }))
  const large = change('large', 1, 'y'.repeat(2_000_000), { rules })
  const { post } = await start([large, put('other')])
  const response = await post(JSON.stringify({ environment: 'production', flag: 'large', context: BOB }))
  const text = await response.text()
  expect(response.status).toBe(200)
  expect(text.length).toBeLessThan(1_000_000)
  const { lines } = JSON.parse(text) as FlagExplanation
  expect(written(lines).some((line) => / rules are left out here/.test(line))).toBe(true)
})
