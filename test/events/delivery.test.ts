import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ADA, evaluations, flag } from './evaluations.ts'
import { type Answer, START, startEventService } from './event-service.ts'

describe('a payload', () => {
  it('(AE5.1) is sent one flush interval after its first event', async () => {
    const { analytics, clock, requests } = startEventService()
    await clock.advance(60_000)
    analytics.recorder.identified(ADA)
    await clock.advance(4_999)
    expect(requests).toEqual([])
    await clock.advance(1)
    expect(requests).toHaveLength(1)
    analytics.recorder.evaluated(evaluations(flag('f'))())
    await clock.advance(5_000)
    expect(requests).toHaveLength(2)
    expect(clock.armed).toBe(0)
  })

  it('has the headers of the protocol, an id of its own, and the address without a double slash', async () => {
    const { analytics, requests, delivered } = startEventService()
    for (let time = 0; time < 3; time++) {
      analytics.recorder.identified(ADA)
      await delivered()
    }
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(
      Array.from({ length: 3 }, () => 'POST http://events.test/base/bulk'),
    )
    expect(requests[0]?.headers).toEqual({
      authorization: 'sdk-key',
      'content-type': 'application/json',
      'x-launchdarkly-event-schema': '4',
      'x-launchdarkly-payload-id': expect.stringMatching(
        /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
      ) as unknown,
    })
    expect(new Set(requests.map(({ headers }) => headers['x-launchdarkly-payload-id'])).size).toBe(3)
  })

  it('(AE5.8) is compressed if the option is set', async () => {
    const { analytics, requests } = startEventService({ compression: 'gzip' })
    analytics.recorder.identified(ADA)
    await analytics.flush()
    const [request] = requests
    expect(request?.headers['content-encoding']).toBe('gzip')
    const text = gunzipSync(request?.body as Uint8Array).toString()
    expect(JSON.parse(text)).toEqual([{ kind: 'identify', creationDate: START, context: ADA }])
  })

  it('(AE6.1) is not sent if there is no event', async () => {
    const { analytics, requests } = startEventService()
    expect(await analytics.flush()).toBeUndefined()
    expect(requests).toEqual([])
  })
})

describe('a payload that fails', () => {
  const failures: readonly Answer[] = [
    ...[302, 307, 400, 408, 429, 500, 503, 599].map((status) => ({ status })),
    new Error('broken'),
  ]

  it.each(failures)('(AE5.2) is sent once more after a second, with the same id: %o', async (failure) => {
    const { analytics, clock, requests, answers } = startEventService()
    answers.push(failure)
    analytics.recorder.identified(ADA)
    const flushed = analytics.flush()
    await clock.advance(999)
    expect(requests).toHaveLength(1)
    await clock.advance(1)
    expect(await flushed).toBeUndefined()
    expect(requests).toHaveLength(2)
    const [first, second] = requests
    expect(second?.body).toBe(first?.body)
    expect(second?.headers).toEqual(first?.headers)
    expect(analytics.status).toMatchObject({ dropped: 0, lastDelivery: { at: START + 1_000, events: 1 } })
  })

  it.each(failures)('(AE5.3) twice is lost, and the next one is sent: %o', async (failure) => {
    const { analytics, clock, requests, answers, delivered, log } = startEventService()
    for (let time = 0; time < 2; time++) {
      answers.push(failure, failure)
      analytics.recorder.identified(ADA)
      analytics.recorder.identified(ADA)
      const flushed = analytics.flush()
      await clock.advance(1_000)
      expect(await flushed).toBeInstanceOf(Error)
    }
    expect(analytics.status).toMatchObject({ state: 'sending', queued: 0, dropped: 4 })
    expect(analytics.status.lastError?.at).toBe(START + 2_000)
    expect(requests).toHaveLength(4)
    analytics.recorder.tracked({ key: 'paid', context: ADA, data: null, metricValue: undefined })
    expect((await delivered()).map(({ kind }) => kind).slice(-1)).toEqual(['custom'])
    expect(log).toEqual([
      expect.stringMatching(/^warn events: 2 events are lost: /) as unknown,
      'info events: delivery works again',
    ])
  })

  it('(AE5.2) for lack of an answer is sent once more', async () => {
    const { analytics, clock, requests, answers } = startEventService()
    answers.push('none', 'none')
    analytics.recorder.identified(ADA)
    const flushed = analytics.flush()
    await clock.advance(10_999)
    expect(requests).toHaveLength(1)
    await clock.advance(1)
    expect(requests).toHaveLength(2)
    await clock.advance(10_000)
    expect((await flushed)?.message).toBe('events: no answer in 10 s')
  })

  it('(AE5.4) with 413 is lost, and the next one is sent', async () => {
    const { analytics, clock, requests, answers, delivered, log } = startEventService()
    answers.push({ status: 413 })
    analytics.recorder.identified(ADA)
    await delivered()
    await clock.advance(5_000)
    expect(requests).toHaveLength(1)
    expect(analytics.status).toMatchObject({ state: 'sending', dropped: 1, lastError: { status: 413 } })
    expect(log[0]).toMatch(/^warn events: 1 event is lost: the server answered 413; reduce the size/)
    analytics.recorder.identified(ADA)
    expect(await delivered()).toHaveLength(1)
  })

  it.each([401, 403, 404, 405, 410])('(AE5.4) with %d ends the delivery for good', async (status) => {
    const { analytics, clock, requests, answers, log } = startEventService()
    answers.push({ status })
    analytics.recorder.identified(ADA)
    const flushed = analytics.flush()
    analytics.recorder.identified(ADA)
    expect(await flushed).toBeInstanceOf(Error)
    analytics.recorder.identified(ADA)
    analytics.recorder.evaluated(evaluations(flag('f'))())
    await analytics.flush()
    await clock.advance(60_000)
    expect(requests).toHaveLength(1)
    expect(analytics.status).toMatchObject({ state: 'stopped', queued: 0, dropped: 2, lastError: { status } })
    expect(log).toEqual([expect.stringMatching(/^error events: no more events are sent/) as unknown])
    await analytics.close()
    expect(analytics.status.state).toBe('closed')
  })
})

describe('the queue', () => {
  it('(AE4.1, AE4.3) drops new events beyond the capacity, with one warning until one fits again', async () => {
    const { analytics, delivered, log } = startEventService({ capacity: 3 })
    const fill = (): void => {
      for (let index = 0; index < 5; index++)
        analytics.recorder.identified({ kind: 'user', key: `u-${index}` })
      for (let count = 0; count < 4; count++)
        analytics.recorder.evaluated(evaluations(flag('f'))({ context: ADA }))
    }
    fill()
    expect(analytics.status).toMatchObject({ queued: 3, dropped: 2 })
    const events = await delivered()
    expect(events.map(({ kind }) => kind)).toEqual(['identify', 'identify', 'identify', 'summary'])
    expect(events.at(-1)?.features?.f?.counters).toMatchObject([{ count: 4 }])
    expect(log).toEqual([expect.stringMatching(/^warn events: the queue is full \(3 events\)/) as unknown])
    fill()
    expect(log).toHaveLength(2)
  })

  it('(AE4.2) is limited in bytes, together with the payloads that are being sent', async () => {
    const { analytics, answers, clock, log } = startEventService({ capacityBytes: 1_000 })
    const identify = (): void => analytics.recorder.identified({ kind: 'user', key: 'é'.repeat(100) })
    const bytes = Buffer.byteLength(JSON.stringify({ kind: 'identify', creationDate: START })) + 250
    for (let time = 0; time < 10; time++) identify()
    const { queued, queuedBytes } = analytics.status
    expect(queuedBytes).toBeLessThanOrEqual(1_000)
    expect(queuedBytes / queued).toBeGreaterThan(bytes - 20)
    expect(analytics.status.dropped).toBe(10 - queued)
    expect(log[0]).toContain('(1000 bytes)')
    answers.push('none', 'none')
    const flushed = analytics.flush()
    identify()
    expect(analytics.status).toMatchObject({ queued, queuedBytes, dropped: 11 - queued })
    await clock.advance(30_000)
    await flushed
    identify()
    expect(analytics.status).toMatchObject({ queued: 1 })
  })

  it('(AE5.5, AE5.6) is kept while three payloads hang, and its memory is bounded', async () => {
    const { analytics, answers, clock, requests } = startEventService({
      capacity: 50,
      requestTimeoutMs: 600_000,
    })
    answers.push('none', 'none', 'none')
    for (let second = 0; second < 120; second++) {
      for (let index = 0; index < 10; index++)
        analytics.recorder.identified({ kind: 'user', key: `${index}` })
      await clock.advance(1_000)
    }
    expect(requests).toHaveLength(3)
    expect(analytics.status).toMatchObject({ state: 'sending', queued: 3 * 50 + 50, dropped: 1_200 - 200 })
  })

  it('(AE5.5, AE6.1) is delivered by flush as soon as a payload is settled', async () => {
    const { analytics, answers, clock, requests } = startEventService()
    answers.push('none', 'none', 'none')
    for (let time = 0; time < 3; time++) {
      analytics.recorder.identified(ADA)
      await clock.advance(5_000)
    }
    analytics.recorder.identified(ADA)
    const flushed = analytics.flush()
    expect(clock.held).toBe(1)
    await clock.advance(30_000)
    expect(await flushed).toBeUndefined()
    expect(requests.length).toBe(7)
    expect(clock.held).toBe(0)
  })
})
