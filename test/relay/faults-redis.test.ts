import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { inspecting } from '../cli/inspecting.ts'
import { notes } from '../client/starting.ts'
import { openStream, outline, type Stream } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { change } from '../support/stored.ts'
import { type KillableService, killableService } from './killable-service.ts'
import { ask, keyed, start } from './starting.ts'

describeWithRedis('a relay whose Redis fails', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const on = (server: RedisServer, prefix: string): Partial<RelayConfig> => ({
    store: { type: 'redis', url: server.url, localTtlMs: 0 },
    environments: [{ name: 'test', sdkKey: SDK_KEY, prefix }],
  })
  const isWritten = (server: RedisServer, prefix: string) => () =>
    server.as(async (client) => (await client.exists(`${prefix}:$inited`)) === 1)
  const versionIn = (server: RedisServer, prefix: string) =>
    server.as(async (client) => {
      const text = await client.hget(`${prefix}:features`, 'a')
      return text === null ? undefined : (JSON.parse(text) as { readonly version: number }).version
    })
  const storeStatus = async (relay: RelayServer) =>
    (await ask(relay, '/status')).body.environments.test.dataStoreStatus
  const isSound = async (server: RedisServer, prefix: string) => {
    const { stdout, status } = await inspecting([server.url, '--prefix', prefix, '--verify', '--strict'])
    return status === 0 ? 'sound' : stdout
  }

  /** Opens a stream and waits until it has the current state. */
  const follow = async (relay: RelayServer, { state }: KillableService): Promise<Stream> => {
    const stream = await openStream(`${relay.url}/sdk/stream?basis=${state}`, keyed)
    await stream.until('"none"')
    return stream
  }

  it('(S123) repairs a FLUSHALL within seconds, without effect on clients', async () => {
    const clock = new VirtualClock(1_700_000_000_000)
    const { log, logger } = notes()
    const service = await killableService([change('a', 1, 'one'), change('b', 1, 'b')])
    const relay = await start({ ...on(redis, 'flushed'), endpoints: service.endpoints }, { clock, logger })
    await relay.started
    await eventually(isWritten(redis, 'flushed'))
    const stream = await follow(relay, service)

    await redis.as((client) => client.flushall())
    const lostAt = clock.monotonic()
    const repaired = async () => {
      await clock.advance(500)
      return isWritten(redis, 'flushed')()
    }
    await expect.poll(repaired, { interval: 20 }).toBe(true)
    expect(clock.monotonic() - lostAt).toBeLessThanOrEqual(20_000)
    expect(await isSound(redis, 'flushed')).toBe('sound')
    expect(log.filter((line) => line.includes('lost its data'))).toHaveLength(1)

    service.change(change('a', 2, 'two'))
    await stream.until(`"${service.state}"`)
    expect(outline(stream.text())).toEqual([
      'server-intent none up-to-date',
      'server-intent xfer-changes stale',
      'put-object a',
      'payload-transferred state-2',
    ])
    await eventually(async () => (await versionIn(redis, 'flushed')) === 2)
  })

  it('(S123) rewrites a Redis that was killed and restarted empty; meanwhile serves all clients and reports the outage', async () => {
    const own = await startRedis()
    onTestFinished(() => own.stop())
    const clock = new VirtualClock(1_700_000_000_000)
    const { log, logger } = notes()
    const service = await killableService([change('a', 1, 'one'), change('b', 1, 'b')])
    const relay = await start({ ...on(own, 'killed'), endpoints: service.endpoints }, { clock, logger })
    await relay.started
    await eventually(isWritten(own, 'killed'))
    const stream = await follow(relay, service)

    await own.kill()
    service.change(change('a', 2, 'two'))
    await stream.until('"state-2"')
    const state = async () => {
      await clock.advance(500)
      return (await storeStatus(relay)).state
    }
    await expect.poll(state, { interval: 20 }).toBe('INTERRUPTED')
    // The outage lasts for minutes.
    for (let step = 0; step < 60; step++) await clock.advance(5_000)
    expect(await storeStatus(relay)).toMatchObject({ state: 'INTERRUPTED', stale: true })
    expect((await ask(relay, '/status')).body.environments.test.status).toBe('connected')
    expect((await ask(relay, '/sdk/flags/a', keyed)).body.version).toBe(2)
    const behind = await ask(relay, '/sdk/poll?basis=state-1', keyed)
    expect(behind.body.events[0].data.payloads[0].intentCode).toBe('xfer-changes')
    expect(log.filter((line) => !line.startsWith('debug')).length).toBeLessThan(10)

    await own.start()
    await expect.poll(state, { interval: 20 }).toBe('VALID')
    await expect.poll(() => clock.advance(500).then(() => versionIn(own, 'killed'))).toBe(2)
    await eventually(isWritten(own, 'killed'))
    expect(await isSound(own, 'killed')).toBe('sound')
    expect(await storeStatus(relay)).toMatchObject({ state: 'VALID', stale: false })
    service.change(change('a', 3, 'three'))
    await stream.until('"state-3"')
    expect(outline(stream.text()).filter((line) => line.startsWith('server-intent'))).toHaveLength(3)
  })

  it('(S121, S123) two relays answer the bases of each other with deltas, and both write', async () => {
    const service = await killableService([change('a', 1, 'one'), change('b', 1, 'b')])
    const config = { ...on(redis, 'shared'), endpoints: service.endpoints }
    const first = await start(config)
    await first.started
    await follow(first, service)
    service.change(change('a', 2, 'two'))
    await expect
      .poll(async () => (await ask(first, '/sdk/flags/a', keyed)).body.version, { interval: 10 })
      .toBe(2)
    await eventually(async () => (await versionIn(redis, 'shared')) === 2)
    // This relay never had the first state.
    const second = await start(config)
    await second.started
    const answer = async (relay: RelayServer, basis: string) => {
      const { body } = await ask(relay, `/sdk/poll?basis=${basis}`, keyed)
      return body.events.map(
        ({ event, data }: { readonly event: string; readonly data: Record<string, string> }) =>
          `${event} ${data.key ?? data.state ?? ''}`.trim(),
      )
    }
    const delta = ['server-intent', 'put-object a', 'payload-transferred state-2']
    expect(await answer(first, 'state-1')).toEqual(delta)
    expect(await answer(second, 'state-1')).toEqual(delta)
    for (let version = 3; version <= 30; version++) {
      service.change(change('a', version, version), change(`new-${version}`, 1, version))
    }
    for (const relay of [first, second]) {
      await expect
        .poll(async () => (await ask(relay, '/sdk/flags/a', keyed)).body.version, { interval: 10 })
        .toBe(30)
    }
    await eventually(async () => (await versionIn(redis, 'shared')) === 30)
    await expect.poll(() => isSound(redis, 'shared')).toBe('sound')
    expect(await redis.as((client) => client.hlen('shared:features'))).toBe(30)
    expect(await answer(second, 'state-29')).toEqual([
      'server-intent',
      'put-object a',
      'put-object new-30',
      'payload-transferred state-30',
    ])
  })
})
