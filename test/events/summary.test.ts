import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import type { EvaluationRecord } from '../../src/events/event-recorder.ts'
import { ADA, evaluations, flag } from './evaluations.ts'
import { type Event, START, startEventService } from './event-service.ts'

/** Returns the summary of some evaluations. */
async function summaryOf(...records: readonly EvaluationRecord[]): Promise<Event | undefined> {
  const { analytics, delivered } = startEventService()
  for (const record of records) analytics.recorder.evaluated(record)
  return (await delivered()).find(({ kind }) => kind === 'summary')
}

it('(AE2.3) counts by flag, variation and version, with the first default value', async () => {
  const ask = evaluations(
    flag('f', { version: 41, targets: [{ variation: 1, values: ['u-2'] }] }),
    flag('g', { version: 7 }),
  )
  const asNewVersion = evaluations(flag('f', { version: 42 }))
  const other: Context = { kind: 'user', key: 'u-2' }
  expect(
    await summaryOf(
      ask({ defaultValue: 'first' }),
      ask({ defaultValue: 'second' }),
      ask({ context: other }),
      asNewVersion(),
      ask(),
      ask({ key: 'g', context: { kind: 'org', key: 'o' } }),
      ask({ key: 'g' }),
    ),
  ).toEqual({
    kind: 'summary',
    startDate: START,
    endDate: START,
    features: {
      f: {
        default: 'first',
        contextKinds: ['user'],
        counters: [
          { value: 'x', variation: 0, version: 41, count: 3 },
          { value: 'y', variation: 1, version: 41, count: 1 },
          { value: 'x', variation: 0, version: 42, count: 1 },
        ],
      },
      g: {
        default: 'default',
        contextKinds: ['org', 'user'],
        counters: [{ value: 'x', variation: 0, version: 7, count: 2 }],
      },
    },
  })
})

it('(AE2.3) counts a repeated evaluation after another one of the flag as a prerequisite', async () => {
  const ask = evaluations(
    flag('f', { targets: [{ variation: 1, values: ['u-2'] }] }),
    flag('parent', { prerequisites: [{ key: 'f', variation: 1 }] }),
  )
  const parent = ask({ key: 'parent', context: { kind: 'user', key: 'u-2' } })
  const summary = await summaryOf(ask(), parent, ask())
  expect(summary?.features?.f?.counters).toEqual([
    { value: 'x', variation: 0, version: 1, count: 2 },
    { value: 'y', variation: 1, version: 1, count: 1 },
  ])
})

it('(AE2.2, AE2.5) counts fallback values: unknown flags, malformed flags and wrong types', async () => {
  const ask = evaluations(flag('malformed', { version: 3, fallthrough: { variation: 9 } }), flag('f'))
  const wrong = ask()
  const evaluation = {
    ...wrong.evaluation,
    value: undefined,
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind: 'WRONG_TYPE' },
  } as const
  const summary = await summaryOf(
    ask({ key: 'none', defaultValue: 1 }),
    ask({ key: 'none', defaultValue: 2 }),
    ask({ key: 'malformed', defaultValue: null }),
    ask(),
    { ...wrong, evaluation, defaultValue: false },
  )
  expect(summary?.features).toEqual({
    none: { default: 1, contextKinds: ['user'], counters: [{ value: 1, unknown: true, count: 2 }] },
    malformed: { default: null, contextKinds: ['user'], counters: [{ value: null, version: 3, count: 1 }] },
    f: {
      default: 'default',
      contextKinds: ['user'],
      counters: [
        { value: 'x', variation: 0, version: 1, count: 1 },
        { value: false, version: 1, count: 1 },
      ],
    },
  })
})

it('(AE1.4) counts prerequisites, with the default value null', async () => {
  const ask = evaluations(
    flag('f', { prerequisites: [{ key: 'p', variation: 0 }] }),
    flag('p', { version: 5, prerequisites: [{ key: 'q', variation: 0 }] }),
    flag('q', { version: 6, on: false }),
  )
  const summary = await summaryOf(ask(), ask(), ask({ key: 'p' }))
  expect(summary?.features).toEqual({
    f: {
      default: 'default',
      contextKinds: ['user'],
      counters: [{ value: 'z', variation: 2, version: 1, count: 2 }],
    },
    p: {
      default: null,
      contextKinds: ['user'],
      counters: [{ value: 'z', variation: 2, version: 5, count: 3 }],
    },
    q: {
      default: null,
      contextKinds: ['user'],
      counters: [{ value: 'z', variation: 2, version: 6, count: 3 }],
    },
  })
})

it('(AE2.3) counts a repeated evaluation after one of the same flag as a prerequisite with another result', async () => {
  const ask = evaluations(
    flag('f', { targets: [{ variation: 1, values: ['u-2'] }] }),
    flag('g', { prerequisites: [{ key: 'f', variation: 1 }] }),
  )
  const other: Context = { kind: 'user', key: 'u-2' }
  const summary = await summaryOf(ask(), ask(), ask({ key: 'g', context: other }), ask(), ask())
  expect(summary?.features?.f?.counters).toEqual([
    { value: 'x', variation: 0, version: 1, count: 4 },
    { value: 'y', variation: 1, version: 1, count: 1 },
  ])
})

it('(AE1.1) leaves out flags with excludeFromSummaries, but not their context', async () => {
  const ask = evaluations(flag('f', { excludeFromSummaries: true }))
  const { analytics, delivered } = startEventService()
  analytics.recorder.evaluated(ask())
  analytics.recorder.evaluated(ask())
  expect((await delivered()).map(({ kind }) => kind)).toEqual(['index'])
})

it('begins again after each delivery', async () => {
  const ask = evaluations(flag('f'))
  const { analytics, clock, delivered } = startEventService()
  analytics.recorder.evaluated(ask())
  await delivered()
  expect(await delivered()).toEqual([])
  await clock.advance(1_000)
  analytics.recorder.evaluated(ask())
  await clock.advance(500)
  analytics.recorder.evaluated(ask())
  const [summary] = await delivered()
  expect(summary).toMatchObject({ startDate: START + 1_000, endDate: START + 1_500 })
  expect(summary?.features?.f?.counters).toMatchObject([{ count: 2 }])
})

it('(AE2.4) has counts that sum up to the evaluations with each variation, whatever is evaluated for whom', async () => {
  const keys = ['a', 'b', 'c', 'none', '__proto__']
  const flags = [
    flag('a', { targets: [{ variation: 1, values: ['1'] }] }),
    flag('b', { prerequisites: [{ key: 'a', variation: 0 }], trackEvents: true }),
    flag('c', { fallthrough: { variation: 7 } }),
    flag('__proto__', { contextTargets: [{ contextKind: 'org', variation: 1, values: ['2'] }] }),
  ]
  const contexts: readonly Context[] = [
    { kind: 'user', key: '1' },
    { kind: 'org', key: '2' },
    { kind: 'multi', user: { key: '1' }, org: { key: '2' } },
    { key: '1' },
    ADA,
  ]
  const step = fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({ key: fc.constantFrom(...keys), context: fc.constantFrom(...contexts) }),
    },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { analytics, requests, delivered } = startEventService()
      const ask = evaluations(...flags)
      const expected = new Map<string, number>()
      const add = (key: string, variation: number | null): void => {
        const name = `${key} ${variation}`
        expected.set(name, (expected.get(name) ?? 0) + 1)
      }
      for (const each of steps) {
        if (each === 'flush') await analytics.flush()
        else {
          const record = ask(each)
          analytics.recorder.evaluated(record)
          add(each.key, record.evaluation.variationIndex)
          for (const { key, evaluation } of record.evaluation.recorded ?? [])
            add(key, evaluation.variationIndex)
        }
      }
      const events = await delivered()
      const counted = new Map<string, number>()
      for (const { features } of events.filter(({ kind }) => kind === 'summary')) {
        for (const [key, { counters }] of Object.entries(features ?? {})) {
          for (const { variation = null, count } of counters) {
            const name = `${key} ${variation}`
            counted.set(name, (counted.get(name) ?? 0) + count)
          }
        }
      }
      expect(counted).toEqual(expected)
      expect(requests.length).toBeLessThanOrEqual(steps.filter((each) => each === 'flush').length + 1)
    }),
  )
})
