import { expect, it } from 'vitest'
import { bigSegmentHash } from '../../src/big-segments/big-segments.ts'
import { presets } from '../../src/config/presets.ts'
import type { Context } from '../../src/evaluation/context.ts'
import type { ExplainedSegment } from '../../src/evaluation/explained-clause.ts'
import type { Explanation } from '../../src/evaluation/explanation.ts'
import type { Hook } from '../../src/index.ts'
import { MemoryDatabase, TestData, type TestFlag } from '../../src/testing/index.ts'
import { overridesFile, untilStatus } from '../overrides/files.ts'
import { recording } from './recording.ts'
import { following, holding, serving, start, user } from './starting.ts'

/** Returns a flag that serves `members` to the members of a segment. */
function forMembers(segment: string): TestFlag {
  const clauses = [{ attribute: '', op: 'segmentMatch', values: [segment], negate: false }]
  const rules = [{ id: 'r', variation: 1, clauses }]
  return { ...serving('f', 'others'), variations: ['others', 'members'], rules }
}

function segmentsOf({ steps }: Explanation): readonly ExplainedSegment[] {
  const clause = steps.find((step) => step.type === 'rules')?.rules.items[0]?.clauses.items[0]
  return clause?.type === 'segments' ? clause.segments.items : []
}

it('(EX3.1) explains a flag in memory with the result of the variation methods', async () => {
  const { client } = await holding([serving('f', 'x')])
  const { value, variationIndex, reason } = await client.variationDetail('f', user, 'fallback')
  const explanation = await client.explain('f', user)
  expect(explanation).toEqual({
    key: 'f',
    version: 1,
    result: { value, variationIndex, reason },
    steps: [
      { type: 'switch', on: true },
      { type: 'fallthrough', serves: { type: 'variation', variationIndex: 0 } },
    ],
  })
})

it('(EX3.1) explains a flag in a database that is read on demand', async () => {
  const database = new MemoryDatabase()
  database.put({ kind: 'flag', key: 'f', text: JSON.stringify({ version: 3, ...forMembers('s') }) })
  database.put({
    kind: 'segment',
    key: 's',
    text: JSON.stringify({ key: 's', version: 2, included: ['u-1'] }),
  })
  database.marker = true
  const { client } = start({ dataSystem: presets.daemon(database.description()) })
  await client.waitForInitialization()
  const explanation = await client.explain('f', user)
  expect(explanation).toMatchObject({ version: 3, result: { value: 'members' } })
  expect(segmentsOf(explanation)).toEqual([
    { key: 's', version: 2, outcome: 'member', decidedBy: 'included' },
  ])
})

it('(EX3.2) queries the store of big segments', async () => {
  const { client } = start({
    dataSystem: following(
      new TestData({
        flags: [forMembers('big')],
        segments: [{ key: 'big', unbounded: true, generation: 1, version: 1 }],
      }),
    ),
    bigSegments: {
      store: () => ({
        getMetadata: () => Promise.resolve({ lastUpToDate: Date.now() }),
        getUserMembership: (hash: string) =>
          Promise.resolve(hash === bigSegmentHash('u-1') ? { 'big.g1': true } : undefined),
        close() {},
      }),
    },
  })
  await client.waitForInitialization()
  const explanation = await client.explain('f', user)
  expect(explanation.result).toMatchObject({ value: 'members', reason: { bigSegmentsStatus: 'HEALTHY' } })
  expect(segmentsOf(explanation)).toMatchObject([
    {
      decidedBy: 'included',
      bigSegment: {
        contextKind: 'user',
        contextKey: 'u-1',
        reference: 'big.g1',
        status: 'HEALTHY',
        membership: true,
      },
    },
  ])
  expect(segmentsOf(await client.explain('f', { kind: 'user', key: 'u-2' }))).toMatchObject([
    { decidedBy: 'no rule', outcome: 'not a member', bigSegment: { membership: null } },
  ])
})

it('(EX3.3) names the flags and segments that are overridden', async () => {
  const file = overridesFile({
    segments: { s: { key: 's', version: 1, included: ['u-1'] } },
    flagValues: { a: 'local' },
  })
  const flags = [forMembers('s'), serving('a', 'live')]
  const { client } = await holding(flags, { overrides: { paths: [file.path], intervalMs: 100 } })
  await untilStatus(client.overrides, (status) => status.flags.length === 1)
  const overridden = await client.explain('a', user)
  expect(overridden).toMatchObject({
    overridden: true,
    result: { value: 'local', reason: { overridden: true } },
  })
  const other = await client.explain('f', user)
  expect(other).toMatchObject({ result: { value: 'members', reason: { overridden: true } } })
  expect(other).not.toHaveProperty('overridden')
  expect(segmentsOf(other)).toMatchObject([{ key: 's', overridden: true }])
})

it('(EX3.4) has CLIENT_NOT_READY before there is data', async () => {
  const { client } = start({ dataSystem: following(new TestData()), offline: true })
  expect(await client.explain('f', user)).toEqual({
    key: 'f',
    result: { value: null, variationIndex: null, reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' } },
    steps: [
      {
        type: 'problem',
        problem: 'There is no flag data: no source has delivered any yet, or the client is offline.',
      },
    ],
  })
})

it('(EX3.5) sends no events, calls no hooks and logs nothing', async () => {
  const { client, evaluated, log } = await recording([serving('f', 'x')])
  const called: string[] = []
  const hook: Hook = {
    getMetadata: () => ({ name: 'mine' }),
    beforeEvaluation: (_, data) => {
      called.push('before')
      return data
    },
  }
  client.addHook(hook)
  const before = log.length
  for (const key of ['f', 'missing']) await client.explain(key, user)
  expect(evaluated).toEqual([])
  expect(called).toEqual([])
  expect(log.slice(before)).toEqual([])
  await client.variation('f', user, 'fallback')
  expect(called).toEqual(['before'])
})

it('(EX3.6) never rejects, whatever the key and the context are', async () => {
  const { client } = await holding([serving('f', 'x'), forMembers('s')])
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const cyclic: { [name: string]: unknown } = { kind: 'user', key: 'u' }
  cyclic.self = cyclic
  const values: readonly unknown[] = [
    proxy,
    Object.create(null),
    Symbol('s'),
    10n,
    undefined,
    null,
    cyclic,
    'x',
  ]
  for (const value of values) {
    for (const key of ['f', value]) {
      const explanation = await client.explain(key as string, value as Context)
      expect(explanation.steps.length).toBeGreaterThan(0)
      expect(JSON.parse(JSON.stringify(explanation))).toEqual(explanation)
    }
  }
})
