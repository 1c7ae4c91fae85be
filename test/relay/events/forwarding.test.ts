import { randomBytes } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { SDK_KEY } from '../../support/engine.ts'
import { NOWHERE, start } from '../starting.ts'
import {
  ENV_ID,
  ENVIRONMENTS,
  MOBILE_KEY,
  PAYLOAD_ID,
  payloadWith,
  startForwarding,
} from './forwarding-relay.ts'

const EVENTS = '[ {"kind":"identify", "context":{"kind":"user","key":"ü"}} ,\n{"nonsense":1} ]'

it('(RE1.1) answers 503 with the message of the vendor on all addresses of events if they are off', async () => {
  const relay = await start({ environments: ENVIRONMENTS, endpoints: NOWHERE })
  const posts = [
    ['/bulk', SDK_KEY],
    ['/diagnostic', SDK_KEY],
    ['/mobile', MOBILE_KEY],
    ['/mobile/events', MOBILE_KEY],
    ['/mobile/events/bulk', MOBILE_KEY],
    ['/mobile/events/diagnostic', MOBILE_KEY],
    [`/events/bulk/${ENV_ID}`, ''],
    [`/events/diagnostic/${ENV_ID}`, ''],
  ] as const
  for (const [path, authorization] of posts) {
    const response = await fetch(relay.url + path, { method: 'POST', headers: { authorization }, body: '[]' })
    expect(response.status, path).toBe(503)
    expect(await response.json(), path).toEqual({
      message: 'Event proxy is not enabled for this environment',
    })
  }
  expect((await fetch(`${relay.url}/a/${ENV_ID}.gif?d=W10=`)).status).toBe(503)
})

it('(RE2.1) forwards a gzipped payload byte for byte, with its id and the headers of the SDK', async () => {
  const { upstream, post } = await startForwarding()
  const body = gzipSync(EVENTS)
  const response = await post('/bulk', body, {
    'content-encoding': 'gzip',
    'user-agent': 'NodeJSClient/9.0.0',
    'x-launchdarkly-user-agent': 'Wrapped/1',
    'x-launchdarkly-wrapper': 'w/2',
    'x-launchdarkly-tags': 'application-id/shop',
    'x-launchdarkly-instance-id': 'instance',
    'x-other': 'secret',
    cookie: 'secret',
  })
  expect(response.status).toBe(202)
  expect(Date.parse(response.headers.get('date') ?? '')).toBeGreaterThan(0)
  await expect.poll(() => upstream.posts.length).toBe(1)
  const [forwarded] = upstream.posts
  expect(forwarded?.path).toBe('/bulk')
  expect(forwarded?.body.equals(body)).toBe(true)
  expect(forwarded?.headers).toMatchObject({
    authorization: SDK_KEY,
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'user-agent': 'NodeJSClient/9.0.0',
    'x-launchdarkly-event-schema': '4',
    'x-launchdarkly-payload-id': PAYLOAD_ID,
    'x-launchdarkly-user-agent': 'Wrapped/1',
    'x-launchdarkly-wrapper': 'w/2',
    'x-launchdarkly-tags': 'application-id/shop',
    'x-launchdarkly-instance-id': 'instance',
  })
  expect(forwarded?.headers).not.toHaveProperty('x-other')
  expect(forwarded?.headers).not.toHaveProperty('cookie')
})

it('(RE2.2) gzips a plain payload and changes nothing else', async () => {
  const { upstream, post } = await startForwarding()
  await post('/bulk', EVENTS)
  await expect.poll(() => upstream.posts.length).toBe(1)
  expect(upstream.posts[0]?.headers['content-encoding']).toBe('gzip')
  expect(gunzipSync(upstream.posts[0]?.body as Buffer).toString()).toBe(EVENTS)
})

it('(RE2.3) sends each kind of credential to its address, with the key of its kind', async () => {
  const { upstream, post } = await startForwarding()
  const cases = [
    ['/mobile/events/bulk', MOBILE_KEY, '/mobile', MOBILE_KEY],
    ['/mobile', MOBILE_KEY, '/mobile', MOBILE_KEY],
    [`/events/bulk/${ENV_ID}`, 'ignored', `/events/bulk/${ENV_ID}`, undefined],
    ['/mobile/events/diagnostic', MOBILE_KEY, '/mobile/events/diagnostic', MOBILE_KEY],
    [`/events/diagnostic/${ENV_ID}`, '', `/events/diagnostic/${ENV_ID}`, undefined],
  ] as const
  for (const [index, [path, authorization, forwardedPath, key]] of cases.entries()) {
    expect((await post(path, EVENTS, { authorization })).status, path).toBe(202)
    await expect.poll(() => upstream.posts.length).toBe(index + 1)
    expect(upstream.posts[index]).toMatchObject({ path: forwardedPath, text: EVENTS })
    expect(upstream.posts[index]?.headers.authorization).toBe(key)
  }
})

it('(RE1.4) answers 400 to an empty body and to one that is too long', async () => {
  const { upstream, post, counts } = await startForwarding({ maxPayloadBytes: 2_000 })
  const empty = await post('/bulk', '')
  expect([empty.status, await empty.json()]).toEqual([400, { message: 'body may not be empty' }])
  const tooLong = await post('/bulk', payloadWith(1, 'x'.repeat(500_000)))
  expect([tooLong.status, await tooLong.json()]).toEqual([400, { message: 'the payload is too large' }])
  expect((await post('/bulk', EVENTS)).status).toBe(202)
  await expect.poll(() => upstream.posts.length).toBe(1)
  expect(counts()).toMatchObject({ received: 2, forwarded: 2, queued: 0, queuedBytes: 0 })
})

it('(RE1.6) answers an image and forwards the events of its address', async () => {
  const { relay, upstream } = await startForwarding()
  const response = await fetch(`${relay.url}/a/${ENV_ID}.gif?d=${Buffer.from(EVENTS).toString('base64')}`, {
    headers: { 'user-agent': 'Browser/1' },
  })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/gif'])
  expect(
    Buffer.from(await response.arrayBuffer())
      .subarray(0, 6)
      .toString(),
  ).toBe('GIF89a')
  await expect.poll(() => upstream.posts.length).toBe(1)
  expect(upstream.posts[0]).toMatchObject({ path: `/events/bulk/${ENV_ID}`, text: EVENTS })
  expect(upstream.posts[0]?.headers).toMatchObject({
    'user-agent': 'Browser/1',
    'content-type': 'application/json',
    'x-launchdarkly-event-schema': '3',
  })
})

it('(RE2.5) gives an id to a payload that has none', async () => {
  const { relay, upstream } = await startForwarding()
  const headers = { authorization: SDK_KEY, 'x-launchdarkly-event-schema': '3' }
  for (let time = 0; time < 2; time++) {
    await fetch(`${relay.url}/bulk`, { method: 'POST', headers, body: EVENTS })
  }
  await expect.poll(() => upstream.posts.length).toBe(2)
  const ids = upstream.posts.map((post) => post.headers['x-launchdarkly-payload-id'])
  expect(new Set(ids).size).toBe(2)
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
})

it('(RE2.6) counts bodies that are no array of events as invalid, and does not forward them', async () => {
  const { upstream, post, counts } = await startForwarding({ maxPayloadBytes: 100_000 })
  const gzip = { 'content-encoding': 'gzip' }
  const bomb = gzipSync(Buffer.alloc(500_000_000, '['), { level: 9 })
  const bodies: readonly (readonly [string | Buffer, Record<string, string>?])[] = [
    ['nonsense'],
    ['{"kind":"summary"}'],
    ['[{"kind":"summary"}'],
    ['[]]'],
    ['not gzipped', gzip],
    [gzipSync('nonsense'), gzip],
    [gzipSync(EVENTS).subarray(0, 40), gzip],
    [gzipSync(`[${'1,'.repeat(99_999)}1]`), gzip],
    [EVENTS, { 'content-encoding': 'br' }],
  ]
  for (const [body, headers] of bodies) expect((await post('/bulk', body, headers)).status).toBe(202)
  expect(bomb.length).toBeGreaterThan(100_000)
  expect((await post('/bulk', bomb, gzip)).status).toBe(400)
  await expect.poll(() => counts().invalid).toBe(bodies.length)
  expect(counts()).toMatchObject({ received: bodies.length, forwarded: 0, queuedBytes: 0 })
  expect(upstream.posts).toEqual([])
})

it('(RE2.7) does not forward an empty array', async () => {
  const { upstream, post } = await startForwarding()
  await post('/bulk', ' [ ] ')
  await post('/bulk', EVENTS)
  await expect.poll(() => upstream.posts.length).toBe(1)
  expect(upstream.posts[0]?.text).toBe(EVENTS)
})

it('(RE2.8) passes a diagnostic on at once, with its body', async () => {
  const { upstream, post, counts } = await startForwarding()
  const diagnostic = '{"kind":"diagnostic-init", "id":{}}'
  await post('/diagnostic', gzipSync(diagnostic), { 'content-encoding': 'gzip', 'user-agent': 'Sdk/1' })
  await expect.poll(() => counts().diagnostics).toBe(1)
  expect(upstream.posts[0]).toMatchObject({ path: '/diagnostic', text: diagnostic })
  expect(upstream.posts[0]?.headers).toMatchObject({ authorization: SDK_KEY, 'user-agent': 'Sdk/1' })
  expect(counts()).toMatchObject({ received: 0, queuedBytes: 0 })
})

it('(RE6.1) shows counts and the last error in /status and /metrics, (RE6.3) and no key', async () => {
  const { relay, upstream, post, counts } = await startForwarding()
  await post('/bulk', payloadWith(3))
  await expect.poll(() => counts().forwarded).toBe(3)
  upstream.otherwise = 401
  await post('/mobile', payloadWith(2), { authorization: MOBILE_KEY })
  await expect.poll(() => counts().failed).toBe(2)
  await post('/mobile', payloadWith(1), { authorization: MOBILE_KEY })
  await post('/bulk', 'nonsense')
  await expect.poll(() => counts()).toMatchObject({ received: 7, dropped: 1, invalid: 1 })
  // Answers to operators within 250 ms describe one snapshot of the relay.
  const textOf = async (path: string): Promise<string> => (await fetch(relay.url + path)).text()
  await expect.poll(() => textOf('/metrics')).toContain('events_total{environment="test",result="invalid"} 1')
  const [metrics, status, page] = [await textOf('/metrics'), await textOf('/status/test'), await textOf('/')]
  expect(JSON.parse(status)).toMatchObject({
    events: {
      state: 'refused',
      received: 7,
      forwarded: 3,
      dropped: 1,
      failed: 2,
      invalid: 1,
      queued: 0,
      queuedBytes: 0,
      lastError: { message: expect.stringContaining('401') as unknown, statusCode: 401 },
    },
  })
  expect(metrics).toContain('halyard_relay_events_received_total{environment="test"} 7')
  expect(metrics).toContain('halyard_relay_events_refused{environment="test"} 1')
  for (const key of [SDK_KEY, MOBILE_KEY]) expect(metrics + status + page).not.toContain(key)
})

it.each([
  [`/events/bulk/${ENV_ID}`, 'is the client-side ID right?'],
  ['/mobile', 'is the mobile key right?'],
  ['/bulk', 'is the SDK key right?'],
])('(RE4.10) names the credential that was refused for %s', async (path, hint) => {
  const { upstream, post, counts } = await startForwarding()
  upstream.otherwise = 401
  await post(path, payloadWith(1), path === '/mobile' ? { authorization: MOBILE_KEY } : {})
  await expect.poll(() => counts().lastError?.message).toContain(hint)
})

it('(RE5.6) events of browsers and mobile SDKs leave room for those of servers', async () => {
  const { upstream, post, counts } = await startForwarding({ maxQueuedBytes: 400_000 })
  upstream.otherwise = 'hang'
  // 100 bytes of each event are random, so that gzip does not shorten them.
  const payload = (): string =>
    JSON.stringify(
      Array.from({ length: 100 }, () => ({ kind: 'custom', key: randomBytes(100).toString('hex') })),
    )
  for (let index = 0; index < 30; index++) await post(`/events/bulk/${ENV_ID}`, payload())
  for (let index = 0; index < 30; index++) await post('/mobile', payload(), { authorization: MOBILE_KEY })
  await expect.poll(() => counts().dropped).toBeGreaterThan(10)
  const { queued, queuedBytes, dropped } = counts()
  expect(queuedBytes).toBeLessThanOrEqual(300_000)
  await post('/bulk', payload())
  await post('/bulk', payload())
  await expect.poll(() => counts()).toMatchObject({ queued: queued + 200, dropped })
})
