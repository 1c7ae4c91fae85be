import { init, type LDContext } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { Change } from '../../src/model/change-set.ts'
import { body, delta, full, LiveStream, type Origin, put, startOrigin } from '../support/origin.ts'
import { type AnalyticsEvent, bridge, SDK_KEY, silent, startEventSink, USER } from './bridged.ts'

const crowd = Array.from({ length: 150 }, (_, index) => `member-${index}`)
const onOff = {
  on: true,
  variations: ['no', 'yes'],
  fallthrough: { variation: 0 },
  offVariation: 0,
  salt: 's',
}
const when = (...clauses: readonly object[]): object => ({
  ...onOff,
  rules: [{ id: 'r', variation: 1, clauses }],
})
const inSegment = (key: string): object => when({ op: 'segmentMatch', values: [key] })
const split = (rollout: object): object => ({
  ...onOff,
  fallthrough: {
    rollout: {
      variations: [
        { variation: 0, weight: 50_000 },
        { variation: 1, weight: 50_000 },
      ],
      ...rollout,
    },
  },
})

function segment(key: string, members: object): Change {
  return { op: 'put', kind: 'segment', key, version: 1, object: { key, version: 1, salt: 's', ...members } }
}

/** Data that the SDK prepares before it can evaluate (nulls, attribute references, long lists), and samples of other data. */
const ZOO: readonly Change[] = [
  put('off', 3, { ...onOff, on: false, offVariation: 1 }),
  put('off without a variation', 3, { ...onOff, on: false, offVariation: null }),
  put('nulls', 1, { ...onOff, rules: null, targets: null, prerequisites: null, contextTargets: null }),
  put('null values', 1, {
    ...onOff,
    variations: [null, { deep: null, list: [null] }],
    fallthrough: { variation: 1 },
  }),
  put('plain attribute', 1, when({ attribute: 'a/b', op: 'in', values: ['plain'] })),
  put('reference', 1, when({ contextKind: 'user', attribute: '/address/city', op: 'in', values: ['Kiel'] })),
  put('no attribute', 1, when({ op: 'in', values: ['u'] })),
  put('negated', 1, when({ attribute: 'key', op: 'startsWith', values: ['member'], negate: true })),
  put('bucket by', 1, split({ bucketBy: 'email' })),
  put('bucket by reference', 1, split({ contextKind: 'org', bucketBy: '/plan/name' })),
  put('experiment', 1, split({ kind: 'experiment', contextKind: 'user', seed: 61 })),
  put('target', 1, { ...onOff, targets: [{ variation: 1, values: ['u', 'member-3'] }] }),
  put('prerequisite', 1, { ...onOff, prerequisites: [{ key: 'target', variation: 1 }] }),
  put('in crowd', 1, inSegment('crowd')),
  put('in org crowd', 1, inSegment('org crowd')),
  put('in rules', 1, inSegment('rules')),
  put('malformed', 1, { ...onOff, fallthrough: { variation: 9 } }),
  segment('crowd', { included: crowd, excluded: null }),
  segment('org crowd', { includedContexts: [{ contextKind: 'org', values: crowd }] }),
  segment('rules', {
    rules: [
      {
        id: 'r',
        weight: 40_000,
        bucketBy: 'email',
        clauses: [{ attribute: 'email', op: 'contains', values: ['@'] }],
      },
    ],
  }),
]

const CONTEXTS: readonly LDContext[] = [
  USER,
  { kind: 'user', key: 'member-3', email: 'three@x.example', address: { city: 'Kiel' }, 'a/b': 'plain' },
  { kind: 'user', key: 'x', email: 'x@x.example' },
  { kind: 'org', key: 'member-7', plan: { name: 'gold' } },
  { kind: 'multi', user: { key: 'member-1', email: 'a@b' }, org: { key: 'o', plan: { name: 'tin' } } },
]

async function serving(
  ...changes: readonly Change[]
): Promise<{ readonly origin: Origin; readonly stream: LiveStream }> {
  const origin = await startOrigin()
  const stream = new LiveStream(full('A', ...changes))
  origin.stream.always(stream.answer)
  return { origin, stream }
}

it('(S51) evaluates like the SDK with its own data system, including details and the state of all flags', async () => {
  const { origin } = await serving(...ZOO)
  const own = init(SDK_KEY, {
    baseUri: origin.url,
    streamUri: origin.url,
    sendEvents: false,
    logger: silent,
    dataSystem: { dataSource: { dataSourceOptionsType: 'streamingOnly' } },
  })
  onTestFinished(() => own.close())
  await own.waitForInitialization({ timeout: 60 })
  const { client } = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  await client.waitForInitialization({ timeout: 60 })

  const values = new Set<string>()
  for (const context of CONTEXTS) {
    for (const { key } of ZOO) {
      const [detail, expected] = await Promise.all([
        client.variationDetail(key, context, 'fallback'),
        own.variationDetail(key, context, 'fallback'),
      ])
      expect([key, detail]).toEqual([key, expected])
      values.add(`${JSON.stringify(detail.value)} ${detail.reason.kind}`)
    }
    const [state, expected] = await Promise.all([
      client.allFlagsState(context, { withReasons: true }),
      own.allFlagsState(context, { withReasons: true }),
    ])
    expect(state.toJSON()).toEqual(expected.toJSON())
  }
  expect(values).toContain('"yes" RULE_MATCH')
  expect(values).toContain('{"deep":null,"list":[null]} FALLTHROUGH')
  expect(values.size).toBeGreaterThan(8)
})

it('(S51.3) does not change the data of Halyard', async () => {
  const { origin } = await serving(...ZOO)
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  await bridged.client.waitForInitialization({ timeout: 60 })
  await bridged.client.allFlagsState(USER)
  for (const change of ZOO) {
    const { flags, segments } = bridged.dataSystem.snapshot()
    const { object } = (change.kind === 'flag' ? flags : segments).get(change.key) ?? {}
    expect(object).toEqual(change.op === 'put' ? change.object : undefined)
  }
})

it('(S51, D11) sends analytics events with the served version, even if it does not grow', async () => {
  const sink = await startEventSink()
  const { origin, stream } = await serving(put('tracked', 7, { ...onOff, trackEvents: true }))
  const bridged = bridge({
    plan: presets.streaming(),
    endpoints: origin.endpoints,
    sdk: { sendEvents: true, eventsUri: sink.url, diagnosticOptOut: true },
  })
  const { client } = bridged
  await client.waitForInitialization({ timeout: 60 })
  bridged.listen()
  expect(await client.stringVariation('tracked', USER, 'fallback')).toBe('no')
  stream.send(delta('B', put('tracked', 5, { ...onOff, trackEvents: true, fallthrough: { variation: 1 } })))
  await bridged.emits('update tracked')
  expect(await client.stringVariation('tracked', USER, 'fallback')).toBe('yes')
  client.track('bought', USER, { articles: 2 })
  await client.flush()

  const ofKind = (kind: string): AnalyticsEvent[] => sink.events.filter((event) => event.kind === kind)
  expect(ofKind('feature')).toMatchObject([
    { key: 'tracked', version: 7, value: 'no', variation: 0 },
    { key: 'tracked', version: 5, value: 'yes', variation: 1 },
  ])
  expect(ofKind('summary')).toMatchObject([
    {
      features: {
        tracked: {
          counters: [
            { version: 7, value: 'no', count: 1 },
            { version: 5, value: 'yes', count: 1 },
          ],
        },
      },
    },
  ])
  expect(ofKind('custom')).toMatchObject([{ key: 'bought', data: { articles: 2 } }])
})

it('(S51) uses the version of the envelope if the object has none', async () => {
  const { origin } = await serving({ op: 'put', kind: 'flag', key: 'bare', version: 9, object: { ...onOff } })
  const { client } = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  await client.waitForInitialization({ timeout: 60 })
  const { $flagsState } = (await client.allFlagsState(USER)).toJSON() as unknown as {
    readonly $flagsState: object
  }
  expect($flagsState).toMatchObject({ bare: { version: 9, variation: 0 } })
})

it('runs hooks', async () => {
  const { origin } = await serving(put('a', 1, onOff))
  const seen: unknown[] = []
  const { client } = bridge({
    plan: presets.streaming(),
    endpoints: origin.endpoints,
    sdk: {
      hooks: [
        {
          getMetadata: () => ({ name: 'recorder' }),
          beforeEvaluation: ({ flagKey, method }, data) => {
            seen.push([flagKey, method])
            return data
          },
          afterEvaluation: (_context, data, { value }) => {
            seen.push(value)
            return data
          },
        },
      ],
    },
  })
  await client.waitForInitialization({ timeout: 60 })
  await client.variation('a', USER, 'fallback')
  expect(seen).toEqual([['a', 'LDClient.variation'], 'no'])
})

it('(S51.4) leaves out a flag that the SDK cannot read, and logs it once', async () => {
  const { origin } = await serving(put('good', 1, onOff), put('bad', 1, { ...onOff, rules: 5 }))
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  const { client } = bridged
  await client.waitForInitialization({ timeout: 60 })
  expect((await client.allFlagsState(USER)).allValues()).toEqual({ good: 'no' })
  expect((await client.variationDetail('bad', USER, 'fallback')).reason).toMatchObject({
    errorKind: 'FLAG_NOT_FOUND',
  })
  expect(bridged.log.filter((line) => line.includes('cannot read the flag "bad"'))).toHaveLength(1)
})

it('(S142) hooks receive the environment id after the service has sent it', async () => {
  const origin = await startOrigin()
  origin.poll.always(body(full('A', put('a', 1, onOff)), { 'x-ld-envid': 'production' }))
  const seen: unknown[] = []
  const { client } = bridge({
    plan: presets.pollingOnly(),
    endpoints: origin.endpoints,
    sdk: {
      hooks: [
        {
          getMetadata: () => ({ name: 'recorder' }),
          beforeEvaluation: ({ environmentId }, data) => {
            seen.push(environmentId)
            return data
          },
        },
      ],
    },
  })
  await client.variation('a', USER, 'fallback')
  await client.waitForInitialization({ timeout: 30 })
  expect(await client.variation('a', USER, 'fallback')).toBe('no')
  expect(seen).toEqual([undefined, 'production'])
})
