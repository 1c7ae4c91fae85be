import { expect, it } from 'vitest'
import type { HttpRequest } from '../../src/transport/transport.ts'
import { ADA, evaluations, flag } from './evaluations.ts'
import { type EventService, START, startEventService } from './event-service.ts'

const MINUTE = 60_000

function diagnosing(settings = {}): EventService {
  const service = startEventService({ diagnosticOptOut: false, diagnosticIntervalMs: MINUTE, ...settings })
  service.analytics.startDiagnostics()
  return service
}

function contentOf(request: HttpRequest | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(String(request?.body)) as Readonly<Record<string, unknown>>
}

it('(AE9.1, AE9.2) are sent at the start and at intervals, to an address of their own', async () => {
  const { clock, requests } = diagnosing()
  await clock.advance(2 * MINUTE)
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual(
    Array.from({ length: 3 }, () => 'POST http://events.test/base/diagnostic'),
  )
  expect(requests[0]?.headers).toEqual({ authorization: 'sdk-key', 'content-type': 'application/json' })
  const id = { diagnosticId: expect.stringMatching(/^[\da-f-]{36}$/) as unknown, sdkKeySuffix: '123456' }
  expect(contentOf(requests[0])).toEqual({
    kind: 'diagnostic-init',
    id,
    creationDate: START,
    sdk: { name: 'halyard' },
  })
  expect(new Set(requests.map((request) => JSON.stringify(contentOf(request).id))).size).toBe(1)
})

it('(AE9.4) have counts and attempts since the previous one', async () => {
  const { analytics, clock, requests } = diagnosing({ capacity: 3 })
  const ask = evaluations(flag('f'))
  for (let time = 0; time < 5; time++) analytics.recorder.evaluated(ask())
  for (let time = 0; time < 4; time++) analytics.recorder.identified(ADA)
  analytics.noteStreamInit({ startedAt: START, durationMs: 118, failed: false })
  analytics.noteStreamInit({ startedAt: START + 5, durationMs: 2, failed: true })
  await clock.advance(2 * MINUTE)
  const [, first, second] = requests.filter(({ url }) => url.endsWith('/diagnostic')).map(contentOf)
  expect(first).toMatchObject({
    kind: 'diagnostic',
    creationDate: START + MINUTE,
    dataSinceDate: START,
    droppedEvents: 2,
    eventsInLastBatch: 4,
    streamInits: [
      { timestamp: START, failed: false, durationMillis: 118 },
      { timestamp: START + 5, failed: true, durationMillis: 2 },
    ],
  })
  expect(first?.deduplicatedUsers).toBe(8)
  expect(second).toMatchObject({
    creationDate: START + 2 * MINUTE,
    dataSinceDate: START + MINUTE,
    droppedEvents: 0,
    deduplicatedUsers: 0,
    eventsInLastBatch: 0,
    streamInits: [],
  })
})

it('(AE9.2, AE9.5) that fail are sent once more to the same address, and have no other effect', async () => {
  const { analytics, answers, clock, requests, log } = diagnosing()
  answers.push({ status: 503 }, { status: 503 })
  await clock.advance(MINUTE - 1)
  expect(requests.map(({ url }) => url.slice(-11))).toEqual(['/diagnostic', '/diagnostic'])
  expect(log).toEqual([])
  expect(analytics.status).toEqual({ state: 'sending', queued: 0, queuedBytes: 0, dropped: 0 })
})

it('(AE9.5) that are refused end, and events are still sent', async () => {
  const { analytics, answers, clock, requests } = diagnosing()
  answers.push({ status: 404 })
  analytics.recorder.identified(ADA)
  await clock.advance(3 * MINUTE)
  expect(requests.map(({ url }) => url.slice(23))).toEqual(['/diagnostic', '/bulk'])
})

it('(AE9.1) are not sent if they are off', async () => {
  const { analytics, clock, requests } = diagnosing({ diagnosticOptOut: true })
  analytics.noteStreamInit({ startedAt: START, durationMs: 1, failed: false })
  await clock.advance(3 * MINUTE)
  expect(requests).toEqual([])
})

it('end when the client is closed', async () => {
  const { analytics, answers, clock, requests } = diagnosing()
  answers.push('none')
  await clock.advance(0)
  await analytics.close()
  await clock.advance(3 * MINUTE)
  expect(requests).toHaveLength(1)
  expect([clock.armed, clock.held]).toEqual([0, 0])
})
