import { expect, it } from 'vitest'
import { prepare } from '../../src/evaluation/context.ts'
import { SeenContexts } from '../../src/events/seen-contexts.ts'
import { evaluations, flag } from './evaluations.ts'
import { startEventService } from './event-service.ts'

it('(AE1.6) remembers no more contexts than its capacity, however many there are', () => {
  const contexts = new SeenContexts({ contextKeysCapacity: 1_000, contextKeysFlushIntervalMs: 300_000 }, 0)
  for (let index = 0; index < 100_000; index++) {
    const prepared = prepare({ kind: `kind-${index % 200}`, key: `${index}` })
    if (prepared === undefined) throw new Error('the context is invalid')
    expect(contexts.seen(prepared, 0)).toBe(false)
    expect(contexts.kindsOf(prepared)).toEqual([`kind-${index % 200}`])
  }
  expect(contexts.size).toBe(1_000)
})

it('(AE1.6) forgets all contexts if the clock is set back', () => {
  const contexts = new SeenContexts({ contextKeysCapacity: 10, contextKeysFlushIntervalMs: 1_000 }, 5_000)
  const context = { kind: 'user', key: 'a' } as const
  const prepared = prepare(context)
  if (prepared === undefined) throw new Error('the context is invalid')
  contexts.seen(prepared, 5_000)
  contexts.setLast(context, contexts.kindsOf(prepared))
  expect(contexts.kindsOfLast(context, 5_500)).toEqual(['user'])
  expect(contexts.kindsOfLast(context, 4_999)).toBeUndefined()
  expect(contexts.size).toBe(0)
  expect(contexts.takeDuplicates()).toBe(1)
})

it('(AE4.1, AE4.2) queues a bounded number of events for 100,000 contexts and flags while the service is down', async () => {
  const { analytics, answers, clock } = startEventService({
    capacityBytes: 1_000_000,
    requestTimeoutMs: 600_000,
  })
  answers.push('none', 'none', 'none')
  const ask = evaluations(flag('f', { trackEvents: true }))
  for (let index = 0; index < 100_000; index++) {
    analytics.recorder.evaluated(ask({ context: { kind: 'user', key: `u-${index}`, plan: 'gold' } }))
    if (index % 20_000 === 0) await clock.advance(5_000)
  }
  const { queued, queuedBytes, dropped } = analytics.status
  expect(queuedBytes).toBeLessThanOrEqual(1_000_000)
  expect(queued).toBeGreaterThan(1_000)
  expect(queued + dropped).toBe(200_000)
})

it('(AE2.4) has room for 100,000 flags in a summary', async () => {
  const { analytics, delivered } = startEventService()
  const ask = evaluations()
  for (let index = 0; index < 100_010; index++) analytics.recorder.evaluated(ask({ key: `none-${index}` }))
  const summary = (await delivered()).at(-1)
  expect(Object.keys(summary?.features ?? {})).toHaveLength(100_000)
})
