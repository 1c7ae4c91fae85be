import { describe, expect, it, onTestFinished } from 'vitest'
import { readRelayConfig } from '../../src/relay/config/read-relay-config.ts'
import type { RelayOptions } from '../../src/relay/config/relay-config.ts'
import { type Relay, startRelay } from '../../src/relay/index.ts'
import { ready } from '../../src/relay/status/health.ts'
import { notes, type Served, serve } from '../client/starting.ts'
import { SDK_KEY } from '../support/engine.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { constant } from '../support/stored.ts'
import { parseExposition } from './metrics/parse-exposition.ts'
import { environmentView, NO_REQUESTS, relayView } from './status/views.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const NOWHERE = 'http://127.0.0.1:9'

const upstream = (): Promise<Served> => serve({ flags: { a: constant('a', 1, 'one') } })

/** Returns the operator endpoints of a relay with two environments. */
const optionsOf = (url: string): RelayOptions => ({
  port: 0,
  host: '127.0.0.1',
  endpoints: { polling: url, streaming: url },
  environments: [
    { name: 'Spree Test', sdkKey: SDK_KEY, envId: '6488674d', projKey: 'spree' },
    { name: 'a.b/c', sdkKey: 'sdk-other-91f3' },
  ],
  initTimeoutMs: 60_000,
})

/** Starts a relay, which is closed after the test. */
async function start(url: string, options: Partial<RelayOptions> = {}): Promise<Relay> {
  const relay = await startRelay({ ...optionsOf(url), ...options }, { logger: silent })
  onTestFinished(() => relay.close())
  await relay.started
  return relay
}

async function ask({ url }: Relay, path: string) {
  const response = await fetch(url + path)
  const type = response.headers.get('content-type')
  const text = await response.text()
  return {
    code: response.status,
    type,
    text,
    body: type === 'application/json' ? JSON.parse(text) : undefined,
  }
}

describe('over HTTP', () => {
  it('(S105) the status of one environment equals that in the whole status; it is found by name, by id, and in its project', async () => {
    const relay = await start((await upstream()).url)
    const whole = (await ask(relay, '/status')).body.environments
    expect(whole['Spree Test']).toMatchObject({ status: 'connected', serving: 'live', flags: 1 })
    for (const path of ['Spree%20Test', '6488674d', 'spree/Spree%20Test', 'spree/6488674d']) {
      const { code, body } = await ask(relay, `/status/${path}`)
      const { connectionStatus } = whole['Spree Test']
      expect([code, body.envName, body.connectionStatus.stateSince], path).toEqual([
        200,
        'Spree Test',
        connectionStatus.stateSince,
      ])
    }
    expect((await ask(relay, '/status/a.b%2Fc')).body.envName).toBe('a.b/c')
    expect((await ask(relay, '/status/%65vents')).code).toBe(404)
    for (const path of ['nothing', 'a.b/c', 'spree', 'spree/a.b%2Fc', '6488674d/filters/x']) {
      const { code, body } = await ask(relay, `/status/${path}?expect=status=connected`)
      expect([code, body], path).toEqual([404, { error: 'unknown environment' }])
    }
  })

  it('(S96) a path for operators may end with a slash, and causes no log line', async () => {
    const { log, logger } = notes()
    const relay = await startRelay(optionsOf((await upstream()).url), { logger })
    onTestFinished(() => relay.close())
    await relay.started
    for (const path of ['/healthz/', '/readyz/', '/metrics/', '/status/', '/status/Spree%20Test/']) {
      expect([path, (await ask(relay, path)).code]).toEqual([path, 200])
    }
    expect((await fetch(`${relay.url}/healthz/`, { method: 'HEAD' })).status).toBe(200)
    expect((await ask(relay, '/healthz//')).code).toBe(400)
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
  })

  it('(S106) the status code is the result of the assertions of a probe', async () => {
    const relay = await start((await upstream()).url)
    const code = async (path: string): Promise<number> => (await ask(relay, path)).code
    expect(await code('/status?expect=status=healthy')).toBe(200)
    expect(await code('/status?expect=status%3Dhealthy&expect=environments.Spree+Test.flags=1')).toBe(200)
    expect(await code(`/status?expect=${encodeURIComponent('environments["a.b/c"].status=connected')}`)).toBe(
      200,
    )
    expect(await code('/status/6488674d?expect=connectionStatus.state=VALID&expect=status!=connected')).toBe(
      412,
    )
    expect(await code('/status?expect=environments.gone.status=connected')).toBe(412)
    expect(await code('/status?expect=connexionStatus.state=VALID')).toBe(422)
    expect(await code('/status?expect=')).toBe(400)
    expect(await code('/status?expect=status=healthy&x=%zz')).toBe(400)
    expect(await code('/status?expect=status=healthy;expect=status=degraded')).toBe(400)
    expect((await ask(relay, '/status?expect=status=healthy')).body).toEqual({
      satisfied: true,
      results: [{ expr: 'status=healthy', expected: 'healthy', actual: 'healthy', ok: true }],
    })
    expect((await ask(relay, '/status?exepct=x')).body).toHaveProperty('environments')
  })

  it('(S107.1) by default a relay is ready if every environment has data to serve', async () => {
    expect(await ask(await start((await upstream()).url), '/readyz')).toMatchObject({
      code: 200,
      body: { status: 'ready' },
    })
    const relay = await start(NOWHERE, { initTimeoutMs: 50 })
    expect(await ask(relay, '/readyz')).toMatchObject({
      code: 503,
      body: {
        status: 'not ready',
        failing: {
          'Spree Test': { data: 'there is no data to serve' },
          'a.b/c': { data: 'there is no data to serve' },
        },
      },
    })
    expect((await ask(relay, '/healthz')).code).toBe(200)
  })

  it('(S107) the configuration may require more, or nothing, and takes effect when it is read', async () => {
    const strict = await start(NOWHERE, {
      initTimeoutMs: 50,
      ready: { requires: ['upstream'], maxAgeMs: 300_000 },
    })
    expect((await ask(strict, '/readyz')).body.failing['Spree Test']).toEqual({
      upstream: expect.stringMatching(/^the source has been initializing for \d+ s$/),
      maxAge: 'there is no data',
    })
    await strict.reload({ ...optionsOf(NOWHERE), ready: { requires: [] } })
    expect((await ask(strict, '/readyz')).code).toBe(200)
  })

  it('(S108) metrics have the format of Prometheus, count the clients, and contain no key', async () => {
    const relay = await start((await upstream()).url)
    const clients = async (): Promise<number | undefined> => {
      const { text } = await ask(relay, '/metrics')
      const series = [...(parseExposition(text).get('halyard_relay_clients')?.series.values() ?? [])]
      return series.find(({ labels }) => labels.environment === 'Spree Test' && labels.protocol === 'fdv2')
        ?.value
    }
    await fetch(`${relay.url}/sdk/poll`, { headers: { authorization: SDK_KEY } })
    const { code, type, text } = await ask(relay, '/metrics')
    expect(text).toContain('halyard_relay_answers_total{environment="Spree Test",type="full"} 1\n')
    expect([code, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    expect(text).not.toMatch(/0b5e|91f3/)
    expect(await clients()).toBe(0)
    const leaving = new AbortController()
    await fetch(`${relay.url}/sdk/stream`, { headers: { authorization: SDK_KEY }, signal: leaving.signal })
    await expect.poll(clients).toBe(1)
    leaving.abort()
    await expect.poll(clients).toBe(0)
  })
})

it('(S107.5) a relay that shuts down is not ready, so that it receives no new clients', () => {
  const { config } = readRelayConfig({ options: { environments: [{ name: 'a', sdkKey: 'a' }] } })
  const life = new AbortController()
  const state = { config, view: relayView(environmentView()), requests: NO_REQUESTS }
  const answer = () => ready({ path: '/readyz', query: '' }, () => state, life.signal)
  expect(answer().status).toBe(200)
  life.abort()
  expect([answer().status, JSON.parse(String(answer().bytes))]).toEqual([503, { status: 'closing' }])
})

describeWithRedis('a database that fails while nothing is written', () => {
  it('(S105, S107, S108) is reported by the status and the metrics, and by /readyz if it is required', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const relay = await start((await upstream()).url, {
      environments: [{ name: 'test', sdkKey: SDK_KEY, prefix: 'test' }],
      store: { type: 'redis', url: redis.url },
      disconnectedStatusMs: 0,
      ready: { requires: ['data', 'store'] },
    })
    const ready = async (): Promise<number> => (await ask(relay, '/readyz')).code
    await expect.poll(ready).toBe(200)
    expect((await ask(relay, '/status')).body).toMatchObject({
      status: 'healthy',
      environments: { test: { dataStoreStatus: { state: 'VALID', database: 'redis', dbPrefix: 'test' } } },
    })
    await redis.kill()
    await expect.poll(ready, { interval: 250 }).toBe(503)
    const { body } = await ask(relay, '/status')
    expect(body).toMatchObject({
      status: 'degraded',
      environments: { test: { status: 'connected', dataStoreStatus: { state: 'INTERRUPTED' } } },
    })
    const states = parseExposition((await ask(relay, '/metrics')).text).get('halyard_relay_store_state')
    expect([...(states?.series.values() ?? [])].map(({ labels, value }) => [labels.state, value])).toEqual([
      ['unknown', 0],
      ['available', 0],
      ['unavailable', 1],
    ])
    await redis.start()
    await expect.poll(ready, { interval: 250 }).toBe(200)
    expect((await ask(relay, '/status?expect=status=healthy')).code).toBe(200)
  })
})
