import { expect, it, onTestFinished } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { base64, ENV_ID, ENVIRONMENT, MOBILE_KEY, startClientSide } from '../client-side/starting.ts'
import { type Family, parseExposition } from '../metrics/parse-exposition.ts'
import { at, DEFAULTS, start, upstream } from '../starting.ts'

const SECRET = { kind: 'user', key: 'secret-context-5150' }
const NODE = { 'x-launchdarkly-user-agent': 'NodeJSClient/9.7.1', 'user-agent': 'node' }
const asServer = { authorization: SDK_KEY, ...NODE }

async function metricsOf(relay: RelayServer): Promise<ReadonlyMap<string, Family>> {
  return parseExposition(await (await fetch(`${relay.url}/metrics`)).text())
}

/** Returns the series of a metric as `label label …`, without those of `/metrics` itself and without a value of 0. */
async function series(relay: RelayServer, name: string): Promise<Readonly<Record<string, number>>> {
  const family = (await metricsOf(relay)).get(`halyard_relay_${name}`)
  const entries = [...(family?.series.values() ?? [])].flatMap(({ labels, value }) =>
    labels.route === '/metrics' || value === 0 ? [] : [[Object.values(labels).join(' ').trim(), value]],
  )
  return Object.fromEntries(entries)
}

/** Sends a request and reads its answer. */
async function send(relay: RelayServer, path: string, init: RequestInit = {}): Promise<void> {
  await (await fetch(relay.url + path, init)).arrayBuffer()
}

/** Opens a stream, and returns a function that closes it. */
async function openStream(
  relay: RelayServer,
  path: string,
  headers: Record<string, string>,
): Promise<() => void> {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  await fetch(relay.url + path, { headers, signal: leaving.signal })
  return () => leaving.abort()
}

it('(S220.1) counts requests by environment, platform, SDK, method, route and status', async () => {
  const { relay } = await startClientSide()
  await send(relay, '/sdk/poll', { headers: asServer })
  await send(relay, '/sdk/poll?basis=x', { headers: asServer })
  await send(relay, '/sdk/flags/browser', { headers: asServer })
  await send(relay, '/sdk/flags/no/such', { headers: { authorization: SDK_KEY, 'user-agent': 'curl/8.5.0' } })
  await send(relay, '/sdk/poll', { headers: { authorization: 'sdk-wrong', ...NODE } })
  await send(relay, '/status/test')
  await send(relay, '/sdk/poll', { method: 'DELETE', headers: asServer })
  const counts = {
    'test server NodeJSClient 9.7.1 GET /sdk/poll 200': 2,
    'test server NodeJSClient 9.7.1 GET /sdk/flags/{key} 200': 1,
    'test server curl 8.5.0 GET /sdk/flags/{key} 404': 1,
    'GET /sdk/poll 401': 1,
    'GET /status/{name} 200': 1,
    'DELETE /sdk/poll 405': 1,
  }
  await expect.poll(() => series(relay, 'requests_total')).toEqual(counts)
})

it('(S220.1) has a histogram of durations, whose number of values is that of the requests', async () => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  await relay.started
  for (let sent = 0; sent < 5; sent++) await send(relay, '/sdk/poll', { headers: asServer })
  await expect
    .poll(() => series(relay, 'request_duration_seconds'))
    .toMatchObject({
      'count GET /sdk/poll 200': 5,
      'bucket GET /sdk/poll 200 +Inf': 5,
      'sum GET /sdk/poll 200': expect.any(Number),
    })
})

it('(S220.2) labels contain no text of a request other than an SDK with its version', async () => {
  const { relay } = await startClientSide()
  const context = base64(SECRET)
  const paths = [
    `/sdk/evalx/${ENV_ID}/contexts/${context}?h=secret-hash`,
    `/sdk/evalx/unknown-secret-id/users/${context}`,
    `/msdk/evalx/users/${context}`,
    `/sdk/poll/eval/${context}?auth=${ENV_ID}`,
    `/sdk/flags/secret-flag`,
    `/secret-path`,
    '/a/secret-image.gif?d=secret',
    '/events/bulk/secret-events',
  ]
  for (const path of paths) await send(relay, path, { headers: { authorization: MOBILE_KEY } })
  await send(relay, '/sdk/poll', {
    headers: { authorization: SDK_KEY, 'x-launchdarkly-user-agent': 'secret agent' },
  })
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  expect(text).not.toMatch(/secret/i)
  for (const secret of [context, SDK_KEY, MOBILE_KEY, ENVIRONMENT.sdkKey]) expect(text).not.toContain(secret)
  const routes = Object.keys(await series(relay, 'requests_total')).map((each) => each.split(' ').at(-2))
  expect(routes.toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
    '/a/{envId}.gif',
    '/events/bulk/{envId}',
    '/msdk/evalx/contexts/{context}',
    '/sdk/evalx/{envId}/contexts/{context}',
    '/sdk/evalx/{envId}/contexts/{context}',
    '/sdk/flags/{key}',
    '/sdk/poll',
    '/sdk/poll/eval/{context}',
    'other',
  ])
})

it('(S220.3) reads the SDK only if the credential was accepted, and calls malformed names unknown', async () => {
  const { relay } = await startClientSide()
  const agents = [
    '',
    'Mozilla/5.0 (X11; Linux x86_64)',
    'no version',
    'Evil"}\\/1.0',
    `${'x'.repeat(60)}/1.0`,
  ]
  for (const agent of agents)
    await send(relay, '/sdk/poll', { headers: { authorization: SDK_KEY, 'user-agent': agent } })
  await send(relay, '/sdk/poll', { headers: { authorization: 'sdk-wrong', 'user-agent': 'Forged/1.0' } })
  expect(await series(relay, 'requests_total')).toEqual({
    'test server Mozilla 5.0 GET /sdk/poll 200': 1,
    'test server unknown  GET /sdk/poll 200': 4,
    'GET /sdk/poll 401': 1,
  })
})

it('(S220.4) names the first 100 versions of SDKs of each platform, and calls the others other', async () => {
  const { relay } = await startClientSide()
  const sendAs = (version: number, authorization: string, path: string): Promise<void> =>
    send(relay, path, { headers: { authorization, 'user-agent': `Made/${version}` } })
  for (let version = 0; version < 103; version++)
    await sendAs(version, MOBILE_KEY, `/msdk/evalx/contexts/${base64(SECRET)}`)
  await sendAs(0, SDK_KEY, '/sdk/poll')
  const counts = Object.entries(await series(relay, 'requests_total'))
  expect(counts.filter(([labels]) => labels.startsWith('test mobile Made'))).toHaveLength(100)
  expect(counts.find(([labels]) => labels.startsWith('test mobile other'))?.[1]).toBe(3)
  expect(counts.filter(([labels]) => labels.startsWith('test server Made'))).toHaveLength(1)
})

it('(S220.4) counts SDKs beyond metricsCardinalityLimit as other', async () => {
  const service = await upstream('one')
  const relay = await start({ endpoints: at(service), metricsCardinalityLimit: 2 })
  await relay.started
  for (const version of [1, 2, 3, 4, 1])
    await send(relay, '/sdk/poll', { headers: { authorization: SDK_KEY, 'user-agent': `Made/${version}` } })
  expect(await series(relay, 'requests_total')).toEqual({
    'test server Made 1 GET /sdk/poll 200': 2,
    'test server Made 2 GET /sdk/poll 200': 1,
    'test server other  GET /sdk/poll 200': 2,
  })
})

it('(S220.5, S220.6) counts a stream when it begins, and as open until it ends', async () => {
  const { relay } = await startClientSide()
  const close = await openStream(relay, '/sdk/stream', asServer)
  await openStream(relay, '/all', asServer)
  await openStream(relay, `/eval/${ENV_ID}/${base64(SECRET)}`, { 'user-agent': 'Mozilla/5.0 (X11)' })
  const open = { 'test server NodeJSClient 9.7.1': 2, 'test browser Mozilla 5.0': 1 }
  await expect.poll(() => series(relay, 'streams')).toEqual(open)
  expect(await series(relay, 'requests_total')).toEqual({
    'test server NodeJSClient 9.7.1 GET /sdk/stream 200': 1,
    'test server NodeJSClient 9.7.1 GET /all 200': 1,
    'test browser Mozilla 5.0 GET /eval/{envId}/{context} 200': 1,
  })
  // The request of the metrics is active, too.
  expect(await series(relay, 'active_requests')).toEqual({ '': 4 })
  close()
  await expect.poll(() => series(relay, 'streams')).toEqual({ ...open, 'test server NodeJSClient 9.7.1': 1 })
  expect((await series(relay, 'requests_total'))['test server NodeJSClient 9.7.1 GET /sdk/stream 200']).toBe(
    1,
  )
})

it('(S220.5) the stream of the page is counted when it begins', async () => {
  const { relay } = await startClientSide()
  await openStream(relay, '/status/events', {})
  await expect.poll(() => series(relay, 'requests_total')).toEqual({ 'GET /status/events 200': 1 })
  expect(await series(relay, 'streams')).toEqual({})
})

it('(S220.7) counts a request whose client left before the answer with status 499', async () => {
  // All full payloads wait.
  const { relay } = await startClientSide({ admission: { maxConcurrent: 0 } })
  const leaving = new AbortController()
  const sent = fetch(`${relay.url}/sdk/poll`, { headers: asServer, signal: leaving.signal })
  await expect.poll(() => series(relay, 'active_requests')).toEqual({ '': 2 })
  leaving.abort()
  await expect(sent).rejects.toThrow()
  await expect
    .poll(() => series(relay, 'requests_total'))
    .toEqual({ 'test server NodeJSClient 9.7.1 GET /sdk/poll 499': 1 })
  expect(await series(relay, 'active_requests')).toEqual({ '': 1 })
})

it('(S220.8) forgets the requests of an environment that was removed', async () => {
  const service = await upstream('one')
  const environments = [{ name: 'test', sdkKey: SDK_KEY }]
  const other = { name: 'other', sdkKey: 'sdk-other' }
  const config = { endpoints: at(service), environments: [...environments, other] }
  const relay = await start(config)
  await relay.started
  for (const authorization of [SDK_KEY, other.sdkKey])
    await send(relay, '/sdk/poll', { headers: { authorization, ...NODE } })
  const environmentsIn = async (): Promise<readonly unknown[]> =>
    Object.keys(await series(relay, 'requests_total')).map((labels) => labels.split(' ')[0])
  expect(await environmentsIn()).toEqual(['test', 'other'])
  await relay.reload({ ...DEFAULTS, ...config, environments })
  await expect.poll(environmentsIn).toEqual(['test'])
})
