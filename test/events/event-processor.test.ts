import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import type { EventSettings } from '../../src/events/analytics.ts'
import type { EvaluationRecord } from '../../src/events/event-recorder.ts'
import { ADA, evaluations, flag } from './evaluations.ts'
import { type Event, START, startEventService } from './event-service.ts'

/** Returns the events of some evaluations, without summaries. */
async function eventsOf(
  records: readonly EvaluationRecord[],
  settings?: Partial<EventSettings>,
): Promise<readonly Event[]> {
  const { analytics, delivered } = startEventService(settings)
  for (const record of records) analytics.recorder.evaluated(record)
  return (await delivered()).filter(({ kind }) => kind !== 'summary')
}

function kindsAndKeys(events: readonly Event[]): readonly string[] {
  return events.map(({ kind, key }) => (key === undefined ? kind : `${kind} ${key as string}`))
}

const INDEX = { kind: 'index', creationDate: START, context: ADA }

describe('feature events', () => {
  it('(AE1.2, AE1.5) follow the index event of their context', async () => {
    const ask = evaluations(flag('f', { version: 41, trackEvents: true }))
    const feature = {
      kind: 'feature',
      creationDate: START,
      key: 'f',
      context: ADA,
      value: 'x',
      variation: 0,
      version: 41,
      default: 'default',
    }
    expect(await eventsOf([ask(), ask()])).toEqual([INDEX, feature, feature])
  })

  it('(AE2.1) have the reason if the application asked for it', async () => {
    const ask = evaluations(flag('f', { trackEvents: true }))
    const [, feature] = await eventsOf([ask({ withReason: true })])
    expect(feature).toMatchObject({ reason: { kind: 'FALLTHROUGH' } })
  })

  it.each([
    ['a tracked fallthrough', { trackEventsFallthrough: true }, { kind: 'FALLTHROUGH' }],
    [
      'a tracked rule',
      { rules: [{ id: 'r', variation: 1, trackEvents: true, clauses: [] }] },
      { kind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'r' },
    ],
    [
      'an experiment',
      {
        fallthrough: {
          rollout: { kind: 'experiment', seed: 1, variations: [{ variation: 0, weight: 100_000 }] },
        },
      },
      { kind: 'FALLTHROUGH', inExperiment: true },
    ],
  ])('(AE1.2, AE2.1) of %s have the reason, although nothing asked for it', async (_, members, reason) => {
    const [, feature] = await eventsOf([evaluations(flag('f', members))()])
    expect(feature).toMatchObject({ kind: 'feature', key: 'f', reason })
  })

  it('(AE2.2) have the fallback value for a malformed flag', async () => {
    const ask = evaluations(flag('f', { trackEvents: true, fallthrough: { variation: 9 } }))
    const [, feature] = await eventsOf([{ ...ask({ withReason: true }), defaultValue: undefined }])
    expect(feature).toEqual({
      kind: 'feature',
      creationDate: START,
      key: 'f',
      context: ADA,
      value: null,
      version: 1,
      default: null,
      reason: { kind: 'ERROR', errorKind: 'MALFORMED_FLAG' },
    })
  })

  it('(AE1.4) of prerequisites come first, the deepest before the others', async () => {
    const ask = evaluations(
      flag('f', { trackEvents: true, prerequisites: [{ key: 'p', variation: 0 }] }),
      flag('p', { trackEvents: true, prerequisites: [{ key: 'q', variation: 0 }] }),
      flag('q', { trackEvents: true }),
    )
    const events = await eventsOf([ask({ withReason: true })])
    expect(kindsAndKeys(events)).toEqual(['index', 'feature q', 'feature p', 'feature f'])
    expect(events.slice(1).map(({ prereqOf, default: given }) => [prereqOf, given])).toEqual([
      ['p', null],
      ['f', null],
      [undefined, 'default'],
    ])
    expect(events.slice(1).every(({ reason }) => reason !== undefined)).toBe(true)
  })

  it('(AE3.4) leave out the attributes of anonymous contexts, index and debug events do not', async () => {
    const context = { ...ADA, anonymous: true } as Context
    const ask = evaluations(flag('f', { trackEvents: true, debugEventsUntilDate: START + 1 }))
    const redacted = { kind: 'user', key: 'u-1', anonymous: true, _meta: { redactedAttributes: ['name'] } }
    expect((await eventsOf([ask({ context })])).map((event) => [event.kind, event.context])).toEqual([
      ['index', context],
      ['feature', redacted],
      ['debug', context],
    ])
  })
})

describe('debug events', () => {
  const minute = 60_000
  it.each([
    ['later than both clocks', minute, 0, true],
    ['later than a server clock behind', minute, -minute, true],
    ['later than a server clock ahead', 2 * minute, minute, true],
    ['earlier than the local clock', -minute, -2 * minute, false],
    ['earlier than the server clock', minute, 2 * minute, false],
    ['null', null, 0, false],
  ])('(AE1.3) for a date that is %s: %s %s %s', async (_, until, ahead, expected) => {
    const { analytics, answers, delivered } = startEventService()
    answers.push({ status: 202, date: new Date(START + ahead).toUTCString() })
    analytics.recorder.identified(ADA)
    await delivered()
    const debugEventsUntilDate = until === null ? null : START + until
    analytics.recorder.evaluated(evaluations(flag('f', { debugEventsUntilDate }))())
    const kinds = (await delivered()).map(({ kind }) => kind)
    expect(kinds).toEqual(expected ? ['debug', 'summary'] : ['summary'])
  })

  it('(AE1.3) use the greatest time that the service has sent', async () => {
    const { analytics, answers, delivered } = startEventService()
    for (const seconds of [120, 0]) {
      answers.push({ status: 202, date: new Date(START + seconds * 1_000).toUTCString() })
      analytics.recorder.identified(ADA)
      await delivered()
    }
    analytics.recorder.evaluated(evaluations(flag('f', { debugEventsUntilDate: START + minute }))())
    expect((await delivered()).map(({ kind }) => kind)).toEqual(['summary'])
  })
})

describe('index events', () => {
  it('(AE1.5) are sent once for each context, and not after identify', async () => {
    const ask = evaluations(flag('f'))
    const { analytics, delivered } = startEventService()
    const { recorder } = analytics
    const contexts: readonly Context[] = [
      { kind: 'org', key: 'k' },
      { kind: 'user', key: 'k' },
      { kind: 'multi', org: { key: 'k' }, user: { key: 'k' } },
      { key: 'k' },
    ]
    recorder.identified({ kind: 'device', key: 'k' })
    for (const context of [...contexts, ...contexts, { kind: 'device', key: 'k' }]) {
      recorder.evaluated(ask({ context }))
      recorder.tracked({ key: 'e', context, data: null, metricValue: undefined })
    }
    const events = await delivered()
    expect(events.filter(({ kind }) => kind === 'index').map(({ context }) => context)).toEqual(
      contexts.slice(0, 3),
    )
    const contextKinds = expect.arrayContaining(['org', 'user', 'device']) as unknown
    expect(events.at(-1)?.features).toMatchObject({ f: { contextKinds } })
  })

  it('(AE1.6) are sent again after the interval', async () => {
    const ask = evaluations(flag('f'))
    const { analytics, clock, delivered } = startEventService({ contextKeysFlushIntervalMs: 60_000 })
    const kinds: string[] = []
    for (let seconds = 0; seconds < 130; seconds += 30) {
      analytics.recorder.evaluated(ask())
      kinds.push((await delivered()).map(({ kind }) => kind).join())
      await clock.advance(30_000)
    }
    expect(kinds).toEqual(['index,summary', 'summary', 'index,summary', 'summary', 'index,summary'])
  })

  it('(AE1.6) are sent again for contexts beyond the capacity', async () => {
    const ask = evaluations(flag('f'))
    const contexts = ['a', 'b', 'c', 'a'].map((key) => ({ kind: 'user', key }))
    const events = await eventsOf(
      contexts.map((context) => ask({ context })),
      { contextKeysCapacity: 2 },
    )
    expect(events.map(({ context }) => context)).toEqual(contexts)
  })

  it('(AE1.6) are sent again for a context that identify displaced', async () => {
    const ask = evaluations(flag('f'))
    const { analytics, delivered } = startEventService({ contextKeysCapacity: 1 })
    analytics.recorder.evaluated(ask())
    analytics.recorder.identified({ kind: 'user', key: 'other' })
    analytics.recorder.evaluated(ask())
    expect(kindsAndKeys(await delivered())).toEqual(['index', 'identify', 'index', 'summary'])
  })

  it('(AE3.7) leave out anonymous contexts if the option is set', async () => {
    const ask = evaluations(flag('f'))
    const { analytics, delivered } = startEventService({ omitAnonymousContexts: true })
    const anonymous = { kind: 'user', key: 'u', anonymous: true } as const
    analytics.recorder.identified(anonymous)
    for (const context of [anonymous, { ...anonymous, anonymous: false }, { ...anonymous, key: 'v' }]) {
      analytics.recorder.evaluated(ask({ context }))
    }
    const multi = { kind: 'multi', user: { key: 'u', anonymous: true }, org: { key: 'o' } } as const
    analytics.recorder.identified(multi)
    expect((await delivered()).slice(0, -1).map(({ kind, context }) => [kind, context])).toEqual([
      ['index', { kind: 'user', key: 'u', anonymous: false }],
      ['identify', { kind: 'org', key: 'o' }],
    ])
  })
})

describe('custom, identify and migration events', () => {
  it.each([
    [null, undefined],
    [undefined, undefined],
    [false, false],
    [0, 0],
    ['', ''],
    [[], []],
    [{}, {}],
  ])('(AE2.7) have the data %j', async (data, expected) => {
    const { analytics, delivered } = startEventService()
    analytics.recorder.tracked({ key: 'paid', context: ADA, data, metricValue: 0 })
    const [index, custom] = await delivered()
    expect(index).toEqual(INDEX)
    expect(custom).toEqual({
      kind: 'custom',
      creationDate: START,
      key: 'paid',
      context: ADA,
      metricValue: 0,
      ...(expected !== undefined && { data: expected }),
    })
  })

  it('are redacted for anonymous contexts, except identify events', async () => {
    const context = { ...ADA, anonymous: true } as Context
    const { analytics, delivered } = startEventService()
    analytics.recorder.identified(context)
    analytics.recorder.tracked({ key: 'paid', context, data: null, metricValue: undefined })
    const body = { operation: 'read', creationDate: START }
    analytics.recorder.migrated({ context, samplingRatio: 2, body })
    const redacted = { kind: 'user', key: 'u-1', anonymous: true, _meta: { redactedAttributes: ['name'] } }
    expect(await delivered()).toEqual([
      { kind: 'identify', creationDate: START, context },
      { kind: 'custom', creationDate: START, key: 'paid', context: redacted },
      { kind: 'migration_op', ...body, context: redacted, samplingRatio: 2 },
    ])
  })

  it('of identify are sent for each call', async () => {
    const { analytics, delivered } = startEventService()
    analytics.recorder.identified(ADA)
    analytics.recorder.identified(ADA)
    expect(kindsAndKeys(await delivered())).toEqual(['identify', 'identify'])
  })
})

describe('sampling', () => {
  it('(AE1.8, AE2.5) draws feature and debug events separately', async () => {
    const draws = [0.9, 0, 0, 0.9]
    const { analytics, delivered } = startEventService({}, () => draws.shift() ?? 0)
    const ask = evaluations(
      flag('f', { trackEvents: true, debugEventsUntilDate: START + 9e9, samplingRatio: 2 }),
    )
    analytics.recorder.evaluated(ask())
    analytics.recorder.evaluated(ask())
    const events = await delivered()
    expect(events.map(({ kind, samplingRatio }) => [kind, samplingRatio])).toEqual([
      ['index', undefined],
      ['debug', 2],
      ['feature', 2],
      ['summary', undefined],
    ])
  })

  it('(AE1.8) of 0 sends neither feature, debug nor migration events', async () => {
    const { analytics, delivered } = startEventService()
    const ask = evaluations(
      flag('f', { trackEvents: true, debugEventsUntilDate: START + 9e9, samplingRatio: 0 }),
    )
    analytics.recorder.evaluated(ask())
    analytics.recorder.migrated({ context: ADA, samplingRatio: 0, body: {} })
    expect((await delivered()).map(({ kind }) => kind)).toEqual(['index', 'summary'])
  })
})

describe('calls without events', () => {
  it.each([
    ['an invalid context', { context: { kind: 'user', key: '' } }],
    ['a context that is none', { context: null as unknown as Context }],
    ['an unknown flag for an invalid context', { key: 'none', context: { kind: 'kind', key: 'k' } }],
    ['a key that is none', { key: 3 as unknown as string }],
  ])('(AE1.7) %s', async (_, asked) => {
    const { analytics, requests, delivered } = startEventService()
    analytics.recorder.evaluated(evaluations(flag('f', { trackEvents: true }))(asked))
    await delivered()
    expect(requests).toEqual([])
  })
})
