import { init, type LDClient } from '@launchdarkly/node-server-sdk'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RelayServer } from '../../src/relay/relay.ts'
import { openStream, outlinePoll } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { everythingPut, frame, LiveStream, type Origin, startOrigin } from '../support/origin.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { change, constant } from '../support/stored.ts'
import { keyed, NOWHERE, silent, start } from './starting.ts'

const USER = { kind: 'user', key: 'u-1' } as const

interface LegacyService {
  readonly origin: Origin
  /** Changes the flag `a` for all connections. */
  change(version: number, value: string): void
}

/** A service that supports only FDv1. */
async function legacyService(): Promise<LegacyService> {
  vi.stubEnv('HALYARD_DATA_SAVING_MODE', 'off')
  onTestFinished(() => void vi.unstubAllEnvs())
  const origin = await startOrigin()
  const rest = change('b', 1, 'b'.repeat(2_000))
  let latest = change('a', 1, 'one')
  const streams = new Set<LiveStream>()
  origin.fdv1.stream.always((received, response) => {
    const stream = new LiveStream(() => everythingPut(latest, rest))
    streams.add(stream)
    stream.answer(received, response)
  })
  return {
    origin,
    change(version, value) {
      latest = change('a', version, value)
      const data = JSON.stringify({ path: '/flags/a', data: constant('a', version, value) })
      for (const stream of streams) stream.send(frame('patch', data))
    },
  }
}

/** Creates a client of the official SDK with FDv2, and waits until it is ready. */
async function officialSdk({ url }: Pick<RelayServer, 'url'>): Promise<LDClient> {
  const dataSystem = { dataSource: { dataSourceOptionsType: 'standard' } } as const
  const uris = { baseUri: url, streamUri: url }
  const client = init(SDK_KEY, { dataSystem, ...uris, sendEvents: false, logger: silent })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  return client
}

const polled = async ({ url }: Pick<RelayServer, 'url'>, basis: string): Promise<string[]> => {
  const response = await fetch(`${url}/sdk/poll?basis=${basis}`, { headers: keyed })
  return outlinePoll(Buffer.from(await response.text()))
}

const stateOf = async (relay: RelayServer): Promise<string> =>
  (await polled(relay, '')).at(-1)?.split(' ')[1] ?? ''

describe('a relay of a service with FDv1', () => {
  it('S200: the official SDK initializes in FDv2, and follows changes', async () => {
    const service = await legacyService()
    const relay = await start({ endpoints: service.origin.endpoints })
    await relay.started
    const client = await officialSdk(relay)
    expect(await client.variation('a', USER, 'fallback')).toBe('one')
    service.change(2, 'two')
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('two')
  })

  it('S200: a client that reconnects gets a delta, also from another relay; the service never sees a state', async () => {
    const service = await legacyService()
    const relay = await start({ endpoints: service.origin.endpoints })
    const other = await start({ endpoints: service.origin.endpoints })
    await Promise.all([relay.started, other.started])
    const before = await stateOf(relay)
    expect(await stateOf(other)).toBe(before)
    service.change(2, 'two')
    await expect.poll(() => stateOf(relay)).not.toBe(before)
    await expect.poll(() => stateOf(other)).not.toBe(before)
    const after = await stateOf(relay)
    expect(after).toMatch(/^halyard-content:/)
    expect(await polled(other, before)).toEqual([
      'server-intent xfer-changes stale',
      'put-object a',
      `payload-transferred ${after}`,
    ])
    expect(await polled(other, after)).toEqual(['server-intent none up-to-date'])
    // Another relay that starts now, for example after a restart, computes the same name.
    const third = await start({ endpoints: service.origin.endpoints })
    await third.started
    await expect.poll(() => polled(third, after)).toEqual(['server-intent none up-to-date'])
    expect(service.origin.received.map(({ basis }) => basis).filter((basis) => basis !== undefined)).toEqual(
      [],
    )
  })
})

describeWithRedis('a relay with a database that other software has written', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  it('S200: the official SDK initializes in FDv2; two relays agree, and a change costs a delta', async () => {
    const write = (version: number, value: string): Promise<unknown> =>
      redis.as(async (client) => {
        const rows = [change('a', version, value), change('b', 1, 'b'.repeat(2_000))]
        const texts = rows.map(({ key, ...row }) => [key, JSON.stringify('object' in row ? row.object : {})])
        await client.hset('other:features', Object.fromEntries(texts))
        await client.set('other:$inited', '')
      })
    await write(1, 'one')
    const store = { type: 'redis', url: redis.url, localTtlMs: 0 } as const
    const environments = [{ name: 'test', sdkKey: SDK_KEY, prefix: 'other' }]
    const settings = { store, environments, endpoints: NOWHERE, initTimeoutMs: 100 }
    const [relay, other] = [await start(settings), await start(settings)]
    await Promise.all([relay.started, other.started])
    const client = await officialSdk(relay)
    expect(await client.variation('a', USER, 'fallback')).toBe('one')
    const before = await stateOf(relay)
    expect(await stateOf(other)).toBe(before)
    const stream = await openStream(`${other.url}/sdk/stream?basis=${before}`, keyed)
    await stream.until('"none"')
    await write(2, 'two')
    await stream.until('payload-transferred')
    expect(stream.text()).toContain('xfer-changes')
    expect(stream.text()).not.toContain('xfer-full')
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('two')
    await eventually(async () => (await stateOf(relay)) === (await stateOf(other)))
  })
})
