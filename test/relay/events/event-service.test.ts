import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { addressOf } from '../../../src/relay/addresses.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { EventRelayOptions } from '../../../src/relay/events/event-relay.ts'
import { type EventService, openEvents } from '../../../src/relay/events/event-service.ts'
import { SeriesBudget } from '../../../src/relay/events/series-budget.ts'
import type { SdkRequest } from '../../../src/relay/sdk-request.ts'
import { parseRequestTarget } from '../../../src/server/request-target.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { HttpRequest, HttpResponse } from '../../../src/transport/transport.ts'
import { notes } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { DEFAULTS, EVENT_DEFAULTS, silent } from '../starting.ts'
import { summaryOf } from './counted-events.ts'
import { ENV_ID, payloadWith } from './forwarding-relay.ts'

interface Opened {
  readonly url: string
  readonly service: EventService
}

/** Opens the events of an environment without a relay. Every request to the events service fails. */
async function open(
  config: Partial<RelayConfig>,
  options: Partial<Pick<EventRelayOptions, 'transport' | 'clock' | 'logger'>> = {},
): Promise<Opened> {
  const service = openEvents(
    { ...DEFAULTS, ...config },
    {
      environment: () => ({ name: 'test', sdkKey: SDK_KEY, envId: ENV_ID }),
      snapshot: () => undefined,
      transport: { request: () => Promise.reject(new Error('no service')), close: () => Promise.resolve() },
      clock: systemClock,
      logger: silent,
      usageBudget: new SeriesBudget(10),
      ...options,
    },
  )
  const server = createServer((request, response) => {
    const target = parseRequestTarget(request.url ?? '') ?? { path: '/', query: '' }
    const address = addressOf(target.path)
    service.answer({ request, response, target, address, audience: 'server' } as SdkRequest).catch(() => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, service }
}

const forwarding = (settings: Partial<RelayConfig['events']> = {}): Promise<Opened> =>
  open({ events: { ...EVENT_DEFAULTS, send: true, ...settings } })

const post = ({ url }: Opened, body: string): Promise<Response> =>
  fetch(`${url}/bulk`, { method: 'POST', headers: { 'x-launchdarkly-event-schema': '4' }, body })

it('(RE1.2, RE8.1) an offline relay accepts events and counts them, even if they are off', async () => {
  const opened = await open({ offline: { archive: 'x', intervalMs: 1_000 } })
  const summary = summaryOf({ a: [{ variation: 0, count: 3 }] })
  expect((await post(opened, JSON.stringify([summary]))).status).toBe(202)
  expect((await fetch(`${opened.url}/a/${ENV_ID}.gif?d=W10=`)).headers.get('content-type')).toBe('image/gif')
  await expect.poll(() => opened.service.view.usage?.evaluations).toBe(3)
  expect(opened.service.view).toMatchObject({ state: 'counting', received: 1, counted: 1, forwarded: 0 })
})

it('(RE8.14) counts what it has received before it is closed', async () => {
  const opened = await open({ offline: { archive: 'x', intervalMs: 1_000 } })
  // Counting so many takes several time slices, so it is not over when the answer arrives.
  await post(opened, payloadWith(100_000))
  await opened.service.close()
  expect(opened.service.view).toMatchObject({ received: 100_000, counted: 100_000, queuedBytes: 0 })
})

it('(RE1.5) an environment that was closed answers 503', async () => {
  const opened = await forwarding()
  await opened.service.close()
  const response = await post(opened, payloadWith(1))
  expect([response.status, await response.json()]).toEqual([503, { message: 'the relay is stopping' }])
})

it('(RE5.2) drops a body that exceeds the memory while it arrives, and answers 202', async () => {
  const opened = await forwarding({ maxQueuedBytes: 20_000 })
  expect((await post(opened, payloadWith(1, 'x'.repeat(50_000)))).status).toBe(202)
  expect(opened.service.view).toMatchObject({ received: 1, dropped: 1, queued: 0, queuedBytes: 0 })
})

it('(RE5.2) bodies that never end take memory until their connection ends', async () => {
  const opened = await forwarding({ maxQueuedBytes: 40_000 })
  const slow = connect(Number(new URL(opened.url).port), '127.0.0.1')
  slow.write(`POST /bulk HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n${'['.repeat(30_000)}`)
  await expect.poll(() => opened.service.view.queuedBytes).toBeGreaterThan(30_000)
  expect((await post(opened, payloadWith(1, 'x'.repeat(10_000)))).status).toBe(202)
  expect(opened.service.view).toMatchObject({ received: 1, dropped: 1 })
  slow.destroy()
  await expect.poll(() => opened.service.view.queuedBytes).toBe(0)
})

it('(RE4.7) loses what is not delivered after 5 s, and logs how much', async () => {
  const clock = new VirtualClock()
  const { log, logger } = notes()
  const request = ({ signal }: HttpRequest): Promise<HttpResponse> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  const transport = { request, close: () => Promise.resolve() }
  const opened = await open({ events: { ...EVENT_DEFAULTS, send: true } }, { clock, logger, transport })
  for (let index = 0; index < 20; index++) expect((await post(opened, payloadWith(2))).status).toBe(202)
  await expect.poll(() => opened.service.view.queued).toBe(40)
  const closed = opened.service.close()
  await clock.advance(4_999)
  expect(opened.service.view).toMatchObject({ queued: 40, failed: 0 })
  await clock.advance(1)
  await closed
  expect(opened.service.view).toMatchObject({ queued: 0, queuedBytes: 0, failed: 40 })
  expect(log).toEqual([
    'warn: events: 40 events are lost: not delivered within 5 s after the environment was closed',
  ])
})
