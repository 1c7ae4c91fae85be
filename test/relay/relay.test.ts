import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { init, type LDClient, type LDOptions } from '@launchdarkly/node-server-sdk'
import { RedisFeatureStore } from '@launchdarkly/node-server-sdk-redis'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import { DataSystem } from '../../src/datasystem/data-system.ts'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { SDK_KEY } from '../support/engine.ts'
import { put } from '../support/origin.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { constant } from '../support/stored.ts'
import { ask, at, DEFAULTS, keyed, silent, start, upstream } from './starting.ts'

const USER = { kind: 'user', key: 'u-1' } as const

it('(S95.3) serves all data, the flags, or one object to FDv1 SDKs', async () => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  expect(await relay.started).toEqual([])
  const flag = constant('a', 1, 'one')
  expect((await ask(relay, '/sdk/latest-all', keyed)).body).toEqual({ flags: { a: flag }, segments: {} })
  expect((await ask(relay, '/sdk/flags', keyed)).body).toEqual({ a: flag })
  expect((await ask(relay, '/sdk/flags/a', keyed)).body).toEqual(flag)
  for (const path of ['/sdk/flags/b', '/sdk/segments/a', '/nothing', '/sdk']) {
    expect((await ask(relay, path, keyed)).status, path).toBe(404)
  }
  const { headers } = await ask(relay, '/sdk/latest-all', keyed)
  const again = await ask(relay, '/sdk/latest-all', { ...keyed, 'if-none-match': headers.get('etag') ?? '' })
  expect(again.status).toBe(304)
})

it('(S95.1) answers 401 to an unknown key and 405 to other methods', async () => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  await relay.started
  for (const path of ['/sdk/poll', '/sdk/stream', '/all', '/sdk/latest-all', '/../etc/passwd', '/nothing']) {
    expect((await ask(relay, path, { authorization: 'another' })).status, path).toBe(401)
    expect((await ask(relay, path)).status, path).toBe(401)
  }
  expect((await fetch(`${relay.url}/sdk/poll`, { method: 'POST', headers: keyed })).status).toBe(405)
  expect((await ask(relay, '/sdk/poll', keyed)).status).toBe(200)
})

it('does not copy the data at a change, which would be slow with many flags', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  await relay.started
  const copied = vi.spyOn(DataSystem.prototype, 'snapshot')
  for (let version = 2; version < 12; version++)
    served.change(put('a', version, constant('a', version, version)))
  const state = async () => (await ask(relay, '/sdk/poll', keyed)).body.events.at(-1).data.state
  await expect.poll(state).toBe('state-11')
  expect(relay.view.environments[0]?.holds).toEqual({ flags: 1, segments: 0 })
  expect(copied).not.toHaveBeenCalled()
})

it('(S96) serves /healthz, /readyz and /status in the format of the Relay Proxy without a key', async () => {
  const relay = await start({
    endpoints: at(await upstream('one')),
    environments: [{ name: 'Spree Test', sdkKey: SDK_KEY, envId: 'client-side-id' }],
  })
  await relay.started
  expect(await ask(relay, '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
  expect(await ask(relay, '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
  for (const [path, status] of [
    ['/healthz', 200],
    ['/readyz', 200],
    ['/status/events', 405],
  ] as const) {
    const response = await fetch(relay.url + path, { method: 'HEAD' })
    expect([path, response.status, await response.text()]).toEqual([path, status, ''])
  }
  const { body } = await ask(relay, '/status')
  expect(body).toMatchObject({
    status: 'healthy',
    environments: {
      'Spree Test': {
        envId: 'client-side-id',
        status: 'connected',
        connectionStatus: { state: 'VALID', stateSince: expect.any(Number) },
      },
    },
  })
  expect(JSON.stringify(body)).not.toContain(SDK_KEY)
})

it('(S96) is alive but not ready without data, and answers 503 to clients', async () => {
  const relay = await start({
    endpoints: { polling: 'http://127.0.0.1:9', streaming: 'http://127.0.0.1:9' },
    initTimeoutMs: 50,
  })
  expect(await relay.started).toEqual(['test'])
  expect(await ask(relay, '/healthz')).toMatchObject({ status: 200 })
  expect(await ask(relay, '/readyz')).toMatchObject({
    status: 503,
    body: { failing: { test: { data: 'there is no data to serve' } } },
  })
  for (const path of ['/sdk/poll', '/all', '/sdk/latest-all']) {
    const { status, headers } = await ask(relay, path, keyed)
    expect([status, headers.get('retry-after')], path).toEqual([503, '1'])
  }
  expect((await ask(relay, '/status')).body).toMatchObject({ status: 'degraded' })
})

it('(S95) does not serve empty data if the service answers `none` to a relay without data', async () => {
  const intent = { event: 'server-intent', data: { payloads: [{ id: 'p', target: 1, intentCode: 'none' }] } }
  const service = createServer(({ url }, response) => {
    if (!url?.startsWith('/sdk/stream')) return response.end(JSON.stringify({ events: [intent] }))
    response.setHeader('content-type', 'text/event-stream')
    return response.write(`event: ${intent.event}\ndata: ${JSON.stringify(intent.data)}\n\n`)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void service.close())
  await once(service, 'listening')
  const { port } = service.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const relay = await start({ endpoints: { polling: url, streaming: url }, initTimeoutMs: 2_000 })
  expect(await relay.started).toEqual(['test'])
  expect(relay.view.environments[0]?.serving).toBe('nothing')
  for (const path of ['/sdk/poll', '/sdk/latest-all', '/all', '/readyz'])
    expect((await ask(relay, path, keyed)).status, path).toBe(503)
})

it('(S120) ends streams with a jitter of at most 20 % of their lifetime', async () => {
  const clock = new VirtualClock()
  const draws = [0, 0.5, 1][Symbol.iterator]()
  const random = (): number => draws.next().value ?? 0
  const source = (): Synchronizer => ({
    name: 'scripted',
    async *sync(_basis, signal) {
      const change = put('a', 1, constant('a', 1, 'one'))
      yield { type: 'changeSet', changeSet: { type: 'full', changes: [change] } }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const relay = await start(
    { maxClientConnectionMs: 100_000, heartbeatMs: 1_000_000 },
    { clock, common: { random }, sourceOf: source },
  )
  await relay.started
  const clients = () => relay.view.environments[0]?.clients.fdv1
  for (let count = 1; count <= 3; count++) {
    const abort = new AbortController()
    onTestFinished(() => abort.abort())
    await fetch(`${relay.url}/all`, { headers: keyed, signal: abort.signal })
    await expect.poll(clients).toBe(count)
  }
  for (const left of [2, 1, 0]) {
    await clock.advance(left === 2 ? 80_000 : 10_000)
    await expect.poll(clients).toBe(left)
  }
})

it('(S93) adds and removes environments without effect on the streams of others', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  await relay.started
  const client = createClient(SDK_KEY, {
    dataSystem: presets.streaming(),
    endpoints: { polling: relay.url, streaming: relay.url },
    logger: silent,
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization()
  const states: string[] = []
  client.on('status', ({ state }) => states.push(state))
  const both = [...DEFAULTS.environments, { name: 'second', sdkKey: 'sdk-second-0b5e' }]
  await relay.reload({ ...DEFAULTS, endpoints: at(served), environments: both })
  await expect
    .poll(async () => (await ask(relay, '/sdk/latest-all', { authorization: 'sdk-second-0b5e' })).status)
    .toBe(200)
  await relay.reload({ ...DEFAULTS, endpoints: at(served) })
  expect((await ask(relay, '/sdk/latest-all', { authorization: 'sdk-second-0b5e' })).status).toBe(401)
  served.change(put('a', 2, constant('a', 2, 'two')))
  await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('two')
  expect(states).toEqual([])
})

describeWithRedis('a relay with Redis and all kinds of clients', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const config = (prefix: string): Partial<RelayConfig> => ({
    store: { type: 'redis', url: redis.url, localTtlMs: 0 },
    environments: [{ name: 'test', sdkKey: SDK_KEY, prefix }],
  })

  /** The official SDK. */
  const official = async (options: LDOptions): Promise<LDClient> => {
    const client = init(SDK_KEY, { sendEvents: false, logger: silent, ...options })
    onTestFinished(() => client.close())
    await client.waitForInitialization({ timeout: 60 })
    return client
  }

  it('(S95) the official SDK (FDv2, FDv1 stream and poll, daemon mode) and our client see the same change', async () => {
    const served = await upstream('one')
    const relay = await start({ ...config('all'), endpoints: at(served) })
    await relay.started
    await eventually(async () => (await redis.as((client) => client.exists('all:$inited'))) === 1)
    const uris = { baseUri: relay.url, streamUri: relay.url }
    const store = RedisFeatureStore({
      redisOpts: { host: '127.0.0.1', port: redis.port },
      prefix: 'all',
      cacheTTL: 0,
    })
    const theirs = await Promise.all([
      official({ ...uris, dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } } }),
      official(uris),
      official({ featureStore: store, useLdd: true }),
    ])
    const ours = createClient(SDK_KEY, {
      dataSystem: presets.default(),
      endpoints: { polling: relay.url, streaming: relay.url },
      logger: silent,
    })
    const daemon = createClient(SDK_KEY, {
      dataSystem: presets.daemon(redisStore({ url: redis.url, prefix: 'all' })),
      sendEvents: false,
      logger: silent,
    })
    onTestFinished(async () => {
      await Promise.all([ours.close(), daemon.close()])
    })
    const everybody = [...theirs, ours, daemon]
    const values = (): Promise<unknown[]> =>
      Promise.all(everybody.map((client) => client.variation('a', USER, 'fallback')))
    await expect.poll(values).toEqual(everybody.map(() => 'one'))
    served.change(put('a', 2, constant('a', 2, 'two')))
    await expect.poll(values).toEqual(everybody.map(() => 'two'))
  })

  it('(S94) serves the data of the database if the service is down at the start', async () => {
    const served = await upstream('one')
    const first = await start({ ...config('down'), endpoints: at(served) })
    await first.started
    await eventually(async () => (await redis.as((client) => client.exists('down:$inited'))) === 1)
    await first.close()
    // The next relay cannot resume from this, because other software wrote it.
    await redis.as((client) => client.del('down:$halyard'))
    const nowhere = { polling: 'http://127.0.0.1:9', streaming: 'http://127.0.0.1:9' }
    const second = await start({ ...config('down'), endpoints: nowhere, initTimeoutMs: 300 })
    expect(await second.started).toEqual([])
    expect((await ask(second, '/sdk/latest-all', keyed)).body).toEqual({
      flags: { a: constant('a', 1, 'one') },
      segments: {},
    })
    const { body } = await ask(second, '/sdk/poll', keyed)
    expect(body.events.map(({ event }: { readonly event: string }) => event)).toEqual([
      'server-intent',
      'put-object',
      'payload-transferred',
    ])
    expect((await ask(second, '/readyz')).status).toBe(200)
    expect((await ask(second, '/status')).body).toMatchObject({ status: 'degraded' })
  })

  it('(S94) answers `none` or a delta to a client that was current before a restart', async () => {
    const served = await upstream('one')
    const first = await start({ ...config('restart'), endpoints: at(served) })
    await first.started
    const { body } = await ask(first, '/sdk/poll', keyed)
    const { state } = body.events.at(-1).data as { readonly state: string }
    await eventually(async () => (await redis.as((client) => client.exists('restart:$inited'))) === 1)
    await first.close()
    const second = await start({ ...config('restart'), endpoints: at(served) })
    await second.started
    const again = await ask(second, `/sdk/poll?basis=${encodeURIComponent(state)}`, keyed)
    expect(again.body.events[0].data.payloads[0].intentCode).toBe('none')
    served.change(put('a', 2, constant('a', 2, 'two')))
    await expect
      .poll(
        async () =>
          (await ask(second, `/sdk/poll?basis=${encodeURIComponent(state)}`, keyed)).body.events[0].data
            .payloads[0].intentCode,
      )
      .toBe('xfer-changes')
  })
})
