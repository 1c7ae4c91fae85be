import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sizeOf } from '../../../src/relay/events/payload.ts'
import { MOBILE_KEY } from './forwarding-relay.ts'
import { type Answer, type Publishing, payload, publishing } from './publishing.ts'

/** Returns the payload ids of all requests. */
const ids = ({ requests }: Publishing): unknown[] =>
  requests.map(({ headers }) => headers['x-launchdarkly-payload-id'])

describe('a payload', () => {
  it('(RE4.1) is sent at once', async () => {
    const started = publishing()
    started.publisher.add(payload(3))
    await started.clock.advance(0)
    expect(started.counter.current.forwarded).toBe(3)
    expect([started.memory.bytes, started.publisher.queuedEvents, started.clock.armed]).toEqual([0, 0, 0])
  })

  it('(RE4.2) has at most 15 others under way beside it, and is sent in its order', async () => {
    const started = publishing()
    started.otherwise = 'none'
    for (let index = 0; index < 40; index++) started.publisher.add(payload(1, 10, String(index)))
    await started.clock.advance(0)
    expect(ids(started)).toEqual(Array.from({ length: 16 }, (_, index) => String(index)))
    started.otherwise = 202
    await started.clock.advance(30_000)
    expect([...new Set(ids(started))]).toEqual(Array.from({ length: 40 }, (_, index) => String(index)))
    expect(started.counter.current.forwarded).toBe(40)
  })

  const failures: readonly Answer[] = [400, 408, 429, 500, 503, 302, new Error('reset'), 'none']
  it.each(failures)('(RE4.3) is sent again after 1 s with the same id: %s', async (failure) => {
    const started = publishing()
    started.answers.push(failure)
    started.publisher.add(payload(5))
    await started.clock.advance(failure === 'none' ? 10_999 : 999)
    expect(ids(started)).toEqual(['id'])
    await started.clock.advance(1)
    expect(ids(started)).toEqual(['id', 'id'])
    expect(started.counter.current).toMatchObject({ forwarded: 5, failed: 0 })
  })

  it('(RE4.3) is lost after the second failure, which is logged once in ten minutes', async () => {
    const started = publishing()
    started.otherwise = 503
    for (let time = 0; time < 3; time++) {
      started.publisher.add(payload(5))
      await started.clock.advance(1_000)
    }
    expect(ids(started)).toHaveLength(6)
    expect(started.counter.current).toMatchObject({ forwarded: 0, failed: 15 })
    const line =
      'warn: events: 5 events are lost: the server answered 503; later events are sent (not logged again for 10 min)'
    expect(started.log).toEqual([line])
    await started.clock.advance(600_000)
    started.publisher.add(payload(5))
    await started.clock.advance(1_000)
    expect(started.log).toEqual([line, line])
  })

  it('(RE4.4) is lost after a 413, without a retry', async () => {
    const started = publishing()
    started.answers.push(413)
    started.publisher.add(payload(5))
    started.publisher.add(payload(1))
    await started.clock.advance(5_000)
    expect(ids(started)).toHaveLength(2)
    expect(started.counter.current).toMatchObject({ forwarded: 1, failed: 5 })
  })

  it('(RE2.4) has the key that the environment has at the time of each attempt', async () => {
    const started = publishing()
    started.answers.push(503)
    started.publisher.add(payload(1))
    await started.clock.advance(500)
    started.credentials.sdkKey = 'sdk-2'
    await started.clock.advance(500)
    expect(started.requests.map(({ headers }) => headers.authorization)).toEqual(['sdk-1', 'sdk-2'])
  })

  it('(RE2.4) is lost if the environment has no such key any more', async () => {
    const started = publishing({ audience: 'mobile' })
    delete started.credentials.mobileKey
    started.publisher.add(payload(2))
    await started.clock.advance(0)
    expect(started.requests).toEqual([])
    expect(started.counter.current.failed).toBe(2)
    expect(started.memory.bytes).toBe(0)
  })
})

describe('a refused credential', () => {
  it.each([401, 403, 404])('(RE4.5) drops its events for 10 min after a %i, then longer', async (status) => {
    const started = publishing()
    started.otherwise = status
    for (let index = 0; index < 20; index++) started.publisher.add(payload(1))
    await started.clock.advance(60_000)
    started.publisher.add(payload(1))
    await started.clock.advance(539_000)
    expect(started.requests).toHaveLength(16)
    expect(started.counter.current).toMatchObject({ failed: 16, dropped: 5 })
    expect([started.memory.bytes, started.publisher.queuedEvents]).toEqual([0, 0])
    await started.clock.advance(1_000)
    started.publisher.add(payload(1))
    await started.clock.advance(1_199_000)
    started.publisher.add(payload(1))
    await started.clock.advance(0)
    expect(started.requests).toHaveLength(17)
    expect(started.log).toEqual([
      expect.stringContaining('error: events: the service refuses the events of server SDKs'),
      expect.stringContaining('they are dropped for 20 min, or until the key changes'),
    ])
    expect(started.log[0]).toContain('they are dropped for 10 min')
  })

  it('(RE4.5) is tried again at once with another key', async () => {
    const started = publishing()
    started.answers.push(401)
    started.publisher.add(payload(1))
    await started.clock.advance(0)
    expect(started.publisher.isPaused).toBe(true)
    started.credentials.sdkKey = 'sdk-2'
    expect(started.publisher.isPaused).toBe(false)
    started.publisher.add(payload(1))
    await started.clock.advance(0)
    expect(started.counter.current).toMatchObject({ failed: 1, forwarded: 1 })
  })

  it('(RE4.9) is not that of the environment any more: the payload is sent again with the present one', async () => {
    const started = publishing()
    started.answers.push(401, 401, 401)
    for (let index = 0; index < 3; index++) started.publisher.add(payload(1))
    started.credentials.sdkKey = 'sdk-2'
    await started.clock.advance(0)
    expect(started.requests.map(({ headers }) => headers.authorization)).toEqual([
      'sdk-1',
      'sdk-1',
      'sdk-1',
      'sdk-2',
      'sdk-2',
      'sdk-2',
    ])
    expect(started.counter.current).toMatchObject({ forwarded: 3, failed: 0, dropped: 0 })
    expect(started.log).toEqual([])
  })

  it('(RE4.9) loses a payload if there is no other key, without a pause', async () => {
    const started = publishing({ audience: 'mobile' })
    started.answers.push(401)
    started.publisher.add(payload(1))
    delete started.credentials.mobileKey
    await started.clock.advance(0)
    expect(started.counter.current.failed).toBe(1)
    started.credentials.mobileKey = MOBILE_KEY
    expect(started.publisher.isPaused).toBe(false)
  })

  it('(RE4.5) is that of the attempt which was refused', async () => {
    const started = publishing()
    started.answers.push(503, 401)
    started.publisher.add(payload(1))
    await started.clock.advance(500)
    started.credentials.sdkKey = 'sdk-2'
    await started.clock.advance(500)
    expect(started.publisher.isPaused).toBe(true)
    started.credentials.sdkKey = 'sdk-1'
    expect(started.publisher.isPaused).toBe(false)
  })
})

describe('the queue', () => {
  it('(RE5.1) drops payloads that exceed the capacity, and logs it once', async () => {
    const started = publishing({ capacity: 10 })
    started.otherwise = 'none'
    for (const events of [4, 4, 4, 2, 1]) started.publisher.add(payload(events))
    await started.clock.advance(0)
    expect(started.publisher.queuedEvents).toBe(10)
    expect(started.counter.current.dropped).toBe(5)
    expect(started.log).toEqual([
      'warn: events: the limit capacity is reached; 4 events are lost. Check the connection to the events service, or raise the limit (not logged again for 10 min)',
    ])
  })

  it('(RE5.1) accepts a payload that exceeds the capacity alone', async () => {
    const started = publishing({ capacity: 10 })
    started.publisher.add(payload(11))
    await started.clock.advance(0)
    expect(started.counter.current.forwarded).toBe(11)
  })

  it('(RE5.2) never exceeds its limits, (RE6.2) and counts each event once', async () => {
    const step = fc.oneof(
      fc.record({ events: fc.integer({ min: 0, max: 30 }), bytes: fc.integer({ min: 0, max: 3_000 }) }),
      fc.constantFrom<Answer>(202, 503, 413, 401, 'none', new Error('reset')),
      fc.integer({ min: 1, max: 700_000 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const started = publishing({ capacity: 100, maxBytes: 30_000 })
        let received = 0
        for (const next of steps) {
          if (typeof next === 'object' && 'events' in next) {
            received += next.events
            started.publisher.add(payload(next.events, next.bytes))
          } else if (typeof next === 'number' && next > 599) await started.clock.advance(next)
          else started.otherwise = next
          expect(started.memory.bytes).toBeLessThanOrEqual(30_000)
          expect(started.publisher.queuedEvents).toBeLessThanOrEqual(100)
          const { forwarded, dropped, failed } = started.counter.current
          expect(forwarded + dropped + failed + started.publisher.queuedEvents).toBe(received)
        }
        started.otherwise = 202
        await started.clock.advance(4_000_000)
        expect([started.memory.bytes, started.publisher.queuedEvents]).toEqual([0, 0])
      }),
      { numRuns: 200 },
    )
  })

  it('(RE5.3) needs no more memory for 100,000 payloads while the service does not answer', async () => {
    const started = publishing({ capacity: 1e9, maxBytes: 1_000_000 })
    started.otherwise = 'none'
    for (let index = 0; index < 100_000; index++) started.publisher.add(payload(1, 100))
    await started.clock.advance(0)
    const size = sizeOf(payload(1, 100))
    expect(started.publisher.queuedEvents).toBe(Math.floor(1_000_000 / size))
    expect(started.memory.bytes).toBeLessThanOrEqual(1_000_000)
  })
})

it('(RE4.6) a diagnostic is sent once, and dropped while 16 others are under way', async () => {
  const started = publishing()
  started.otherwise = 'none'
  for (let index = 0; index < 20; index++) started.publisher.sendDiagnostic(payload(0))
  await started.clock.advance(0)
  expect(started.requests.map(({ url }) => url)).toEqual(Array(16).fill('http://events.test/diagnostic'))
  await started.clock.advance(60_000)
  expect(started.requests).toHaveLength(16)
  expect([started.memory.bytes, started.counter.current.diagnostics]).toEqual([0, 0])
})
