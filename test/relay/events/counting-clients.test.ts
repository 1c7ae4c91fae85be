import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { silent } from '../starting.ts'
import { startCounting, totals } from './counting-relay.ts'
import { ENV_ID, MOBILE_KEY } from './forwarding-relay.ts'

const user = (key: string): { readonly kind: 'user'; readonly key: string } => ({ kind: 'user', key })

it('(RE8.3) the official SDK: counts are exact, although a tracked flag sends feature events too', async () => {
  const { relay, usage, upstream, counts } = await startCounting()
  const options = { baseUri: relay.url, streamUri: relay.url, eventsUri: relay.url, logger: silent }
  const client = init(SDK_KEY, { ...options, enableEventCompression: true })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 20 })
  for (let index = 0; index < 30; index++) await client.variation('checkout', user(`u-${index}`), 'none')
  for (let index = 0; index < 12; index++) await client.variation('checkout', user(`old-${index}`), 'none')
  for (let index = 0; index < 5; index++) await client.variation('hidden', user('u'), true)
  for (let index = 0; index < 7; index++) await client.variation('chekout', user('u'), true)
  client.track('order', user('u'), { secret: 'data' }, 3)
  await client.flush()
  await expect.poll(() => usage().evaluations).toBe(54)
  expect(totals(usage(), 'checkout')).toEqual({ '0': 12, '1': 30 })
  expect(totals(usage(), 'hidden')).toEqual({ default: 5 })
  expect(usage().unknownFlags()).toMatchObject([
    { key: 'chekout', audience: 'server', isInData: false, total: 7 },
  ])
  expect([usage().mostUsed(), usage().lastHourOf('checkout')]).toEqual([['checkout', 'hidden'], 42])
  expect(counts()).toMatchObject({ state: 'counting', invalid: 0, dropped: 0, diagnostics: 1 })
  expect(counts().counted).toBe(counts().received)
  await client.variation('checkout', user('u'), 'none')
  await client.flush()
  await expect.poll(() => totals(usage(), 'checkout')).toEqual({ '0': 12, '1': 31 })
  expect(upstream.posts).toEqual([])
})

it('(RE8.3) a client of Halyard: what it evaluated is counted when it closes', async () => {
  const { relay, usage } = await startCounting()
  const client = createClient(SDK_KEY, {
    endpoints: { polling: relay.url, streaming: relay.url, events: relay.url },
    logger: silent,
  })
  await client.waitForInitialization()
  for (let index = 0; index < 25; index++)
    await client.stringVariation('checkout', user(`u-${index}`), 'none')
  await client.boolVariation('missing', user('u'), false)
  await client.close()
  await expect.poll(() => usage().evaluations).toBe(26)
  expect(totals(usage(), 'checkout')).toEqual({ '1': 25 })
  expect(totals(usage(), 'missing')).toEqual({ unknown: 1 })
})

const browserEvents = (count: number): string =>
  JSON.stringify([
    { kind: 'identify', creationDate: 1_796_008_183_399, context: user('u') },
    {
      kind: 'summary',
      startDate: 1,
      endDate: 2,
      features: {
        checkout: {
          default: 'x',
          contextKinds: ['user'],
          counters: [{ value: 'fast', variation: 1, version: 1, count }],
        },
        hidden: { default: false, counters: [{ value: false, unknown: true, count: 2 }] },
      },
    },
  ])

it('(RE8.2) browsers, images and mobile SDKs are counted at their addresses', async () => {
  const { relay, usage, post, counts } = await startCounting()
  const headers = { 'x-launchdarkly-payload-id': 'a', authorization: '' }
  const response = await post(`/events/bulk/${ENV_ID}`, browserEvents(3), {
    ...headers,
    origin: 'https://shop.example',
  })
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
    202,
    'https://shop.example',
  ])
  await expect.poll(() => usage().evaluations).toBe(5)
  expect(usage().unknownFlags()).toMatchObject([
    { key: 'hidden', audience: 'browser', isInData: true, total: 2 },
  ])
  const image = await fetch(
    `${relay.url}/a/${ENV_ID}.gif?d=${Buffer.from(browserEvents(10)).toString('base64url')}`,
  )
  expect(image.headers.get('content-type')).toBe('image/gif')
  await expect.poll(() => totals(usage(), 'checkout')).toEqual({ '1': 13 })
  await post('/mobile', browserEvents(100), { authorization: MOBILE_KEY })
  await expect.poll(() => totals(usage(), 'checkout')).toEqual({ '1': 113 })
  await post(`/events/diagnostic/${ENV_ID}`, '{"kind":"diagnostic-init"}')
  await expect.poll(() => counts()).toMatchObject({ received: 6, counted: 6, diagnostics: 1 })
})

it('(RE8.16) counts flags that OFREP clients ask for by themselves', async () => {
  const { post, usage } = await startCounting()
  const context = JSON.stringify({ context: { targetingKey: 'u' } })
  const statuses: number[] = []
  for (const path of ['/checkout', '/checkout', '/hidden', '/typo', ''])
    statuses.push((await post(`/ofrep/v1/evaluate/flags${path}`, context)).status)
  expect(statuses).toEqual([200, 200, 200, 404, 200])
  expect(usage().evaluations).toBe(4)
  expect(totals(usage(), 'checkout')).toEqual({ '1': 2 })
  expect(totals(usage(), 'hidden')).toEqual({ default: 1 })
  expect(totals(usage(), 'typo')).toEqual({ unknown: 1 })
})

it('(RE8.3, S108) /metrics and /status have the evaluations', async () => {
  const { relay, usage, post } = await startCounting()
  await post('/bulk', browserEvents(3))
  await expect.poll(() => usage().evaluations).toBe(5)
  const metrics = await (await fetch(`${relay.url}/metrics`)).text()
  expect(metrics).toContain(
    'halyard_relay_flag_evaluations_total{environment="test",flag="checkout",variation="1"} 3\n',
  )
  expect(metrics).toContain('halyard_relay_unknown_flag_evaluations_total{environment="test"} 2\n')
  expect(metrics).toContain('halyard_relay_events_total{environment="test",result="counted"} 2\n')
  const status = (await (await fetch(`${relay.url}/status`)).json()) as {
    environments: { test: { events: unknown } }
  }
  expect(status.environments.test.events).toMatchObject({
    state: 'counting',
    received: 2,
    counted: 2,
    flagEvaluations: 5,
    unknownFlagEvaluations: 2,
  })
})
