import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { startRelayProcess } from '../../support/relay-process.ts'
import { startService } from '../../support/service.ts'
import { constant } from '../../support/stored.ts'
import { at, DEFAULTS, EVENT_DEFAULTS, NOWHERE, silent, start, upstream as startFlags } from '../starting.ts'
import { ENVIRONMENTS, payloadWith, startForwarding } from './forwarding-relay.ts'
import { type EventsUpstream, startEventsUpstream } from './upstream-service.ts'

const CONTEXT = { kind: 'user', key: 'u-1' } as const

const kinds = ({ events }: EventsUpstream): readonly string[] => events.map(({ kind }) => kind)

it('(RE2) forwards what the official SDK and ours send', async () => {
  const flags = await startFlags('one')
  const upstream = await startEventsUpstream()
  const events = { ...EVENT_DEFAULTS, send: true, url: upstream.url }
  const relay = await start({ environments: ENVIRONMENTS, events, endpoints: at(flags) })
  await relay.started
  const official = init(SDK_KEY, {
    baseUri: relay.url,
    streamUri: relay.url,
    eventsUri: relay.url,
    enableEventCompression: true,
    logger: silent,
  })
  onTestFinished(() => official.close())
  await official.waitForInitialization({ timeout: 20 })
  expect(await official.variation('a', CONTEXT, 'fallback')).toBe('one')
  official.track('order', CONTEXT, undefined, 3)
  await official.flush()
  await expect.poll(() => kinds(upstream)).toContain('summary')
  const [diagnostic, payload] = upstream.posts
  expect(diagnostic).toMatchObject({ path: '/diagnostic' })
  expect(payload?.headers).toMatchObject({
    'user-agent': expect.stringContaining('NodeJSClient/') as unknown,
    'x-launchdarkly-event-schema': '4',
  })
  expect(JSON.parse(payload?.text ?? '')).toMatchObject([
    { kind: 'index', context: CONTEXT },
    { kind: 'custom', key: 'order', metricValue: 3 },
    { kind: 'summary', features: { a: { counters: [{ value: 'one', count: 1 }] } } },
  ])

  const ours = createClient(SDK_KEY, {
    endpoints: { polling: relay.url, streaming: relay.url, events: relay.url },
    diagnosticOptOut: true,
    logger: silent,
  })
  onTestFinished(() => ours.close())
  await ours.waitForInitialization()
  ours.identify({ kind: 'user', key: 'u-2' })
  await ours.flush()
  await expect.poll(() => kinds(upstream)).toContain('identify')
  expect(upstream.posts.at(-1)?.headers['user-agent']).toMatch(/^Halyard\//)
})

it('(RE4.3) an SDK that repeats a payload does not make it count twice: the id is the same', async () => {
  const { upstream, post, counts } = await startForwarding()
  upstream.answers.push('break')
  await post('/bulk', payloadWith(2))
  await post('/bulk', payloadWith(2))
  await expect.poll(() => counts().forwarded).toBe(4)
  expect(new Set(upstream.posts.map(({ headers }) => headers['x-launchdarkly-payload-id'])).size).toBe(1)
  expect(upstream.posts).toHaveLength(3)
})

it('(RE5.3) a service that hangs, then ends, costs events but no answers to SDKs', async () => {
  const { upstream, post, counts } = await startForwarding({ capacity: 100 })
  upstream.otherwise = 'hang'
  for (let index = 0; index < 30; index++) expect((await post('/bulk', payloadWith(10))).status).toBe(202)
  await expect.poll(() => counts()).toMatchObject({ received: 300, queued: 100, dropped: 200, forwarded: 0 })
  upstream.otherwise = 202
  await expect.poll(() => counts().forwarded).toBeGreaterThan(0)
}, 60_000)

it('(RE2.4) sends events of a former key with the present one after a rotation', async () => {
  const { relay, upstream, post, counts } = await startForwarding()
  const [environment] = ENVIRONMENTS
  const events = { ...EVENT_DEFAULTS, send: true, url: upstream.url }
  upstream.otherwise = 503
  await post('/bulk', payloadWith(1))
  await expect.poll(() => upstream.posts.length).toBe(1)
  const rotated = { name: 'test', ...environment, sdkKey: 'sdk-new', moreSdkKeys: [{ value: SDK_KEY }] }
  await relay.reload({ ...DEFAULTS, endpoints: NOWHERE, environments: [rotated], events })
  upstream.otherwise = 202
  await expect.poll(() => counts().forwarded).toBe(1)
  expect(upstream.posts.map(({ headers }) => headers.authorization)).toEqual([SDK_KEY, 'sdk-new'])
  expect((await post('/bulk', payloadWith(1))).status).toBe(202)
  await expect.poll(() => counts().forwarded).toBe(2)
  expect(upstream.posts.at(-1)?.headers.authorization).toBe('sdk-new')
})

it('(RE4.7) delivers what it has received before a process ends on SIGTERM', async () => {
  const { url } = await startService({ [SDK_KEY]: { flags: { a: constant('a', 1, 'one') } } })
  const upstream = await startEventsUpstream()
  const relay = await startRelayProcess(['--from-env'], {
    LD_ENV_one: SDK_KEY,
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    BASE_URI: url,
    STREAM_URI: url,
    USE_EVENTS: '1',
    EVENTS_HOST: upstream.url,
  })
  upstream.answers.push(503)
  const headers = { authorization: SDK_KEY, 'x-launchdarkly-event-schema': '4' }
  const bodies = Array.from({ length: 40 }, () => payloadWith(25))
  for (const body of bodies) {
    const response = await fetch(`${relay.url}/bulk`, { method: 'POST', headers, body })
    expect(response.status).toBe(202)
  }
  expect(await relay.stop()).toBe(0)
  // The first attempt of one payload was answered 503.
  expect(upstream.posts).toHaveLength(41)
  expect(upstream.events).toHaveLength(41 * 25)
})

it('(RE4.8) a reload does not wait for the last events of an environment that it restarts', async () => {
  const clock = new VirtualClock(1_796_008_183_000)
  const { relay, upstream, post } = await startForwarding({}, { clock })
  upstream.answers.push(503)
  await post('/bulk', payloadWith(1))
  await expect.poll(() => upstream.posts.length).toBe(1)
  const events = { ...EVENT_DEFAULTS, send: true, url: upstream.url }
  const [environment] = ENVIRONMENTS
  const changed = { name: 'test', ...environment, sdkKey: SDK_KEY, logLevel: 'error' as const }
  // In virtual time the second attempt cannot happen before the reload has ended.
  await relay.reload({ ...DEFAULTS, endpoints: NOWHERE, environments: [changed], events })
  expect((await post('/bulk', payloadWith(2))).status).toBe(202)
  await expect.poll(() => upstream.posts.length).toBe(2)
  await expect.poll(() => clock.advance(100).then(() => upstream.posts.length)).toBe(3)
  expect(upstream.events.map(({ key }) => key)).toEqual(['k0', 'k0', 'k1', 'k0'])
})
