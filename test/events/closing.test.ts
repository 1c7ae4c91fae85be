import { describe, expect, it } from 'vitest'
import { ADA, evaluations, flag } from './evaluations.ts'
import { eventsOf, SETTINGS, startEventService } from './event-service.ts'

describe('close', () => {
  it('(AE6.2) delivers what is queued, and accepts no more', async () => {
    const { analytics, clock, requests } = startEventService()
    analytics.recorder.identified(ADA)
    analytics.recorder.evaluated(evaluations(flag('f'))())
    await Promise.all([analytics.close(), analytics.close()])
    analytics.recorder.identified(ADA)
    await analytics.flush()
    expect(requests.flatMap(eventsOf).map(({ kind }) => kind)).toEqual(['identify', 'summary'])
    expect(analytics.status).toMatchObject({ state: 'closed', queued: 0, dropped: 0 })
    expect([clock.armed, clock.held]).toEqual([0, 0])
  })

  it.each([1, 4])('(AE6.2, AE6.5) gives up after its time limit while %d payloads hang', async (payloads) => {
    const { analytics, answers, clock, log } = startEventService({ requestTimeoutMs: 600_000 })
    answers.push('none', 'none', 'none', 'none', 'none')
    for (let time = 0; time < payloads; time++) {
      analytics.recorder.identified(ADA)
      await clock.advance(SETTINGS.flushIntervalMs)
    }
    const before = clock.monotonic()
    let closedAt: number | undefined
    const closed = analytics.close().then(() => {
      closedAt = clock.monotonic()
    })
    await clock.advance(20_000)
    await closed
    expect(closedAt).toBe(before + SETTINGS.closeTimeoutMs)
    expect(analytics.status).toMatchObject({ state: 'closed', queued: 0, dropped: payloads })
    expect(log).toEqual([
      `warn events: ${payloads === 1 ? '1 event is' : '4 events are'} lost at close: ` +
        'not delivered within 5 s after the client was closed (closeTimeoutMs)',
    ])
    expect([clock.armed, clock.held]).toEqual([0, 0])
  })

  it.each([
    { status: 503, reason: 'the server answered 503' },
    { status: 401, reason: 'the server answered 401 (is the SDK key right?)' },
  ])('(AE6.5) warns of events that the service refuses with $status', async ({ status, reason }) => {
    const { analytics, answers, clock, log } = startEventService()
    answers.push({ status }, { status })
    analytics.recorder.identified(ADA)
    analytics.recorder.identified(ADA)
    const closed = analytics.close()
    await clock.advance(1_000)
    await closed
    expect(log).toEqual([`warn events: 2 events are lost at close: ${reason}`])
  })
})

describe('flush', () => {
  it('(AE6.6) reports each time that the service has refused the events of the client', async () => {
    const { analytics, answers } = startEventService()
    answers.push({ status: 401 })
    analytics.recorder.identified(ADA)
    const error = new Error('events: the server answered 401 (is the SDK key right?)')
    expect(await analytics.flush()).toEqual(error)
    analytics.recorder.identified(ADA)
    expect(await analytics.flush()).toEqual(error)
  })
})
