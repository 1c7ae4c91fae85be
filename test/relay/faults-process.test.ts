import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { PutChange } from '../../src/model/change-set.ts'
import { inspecting } from '../cli/inspecting.ts'
import { openStream, outline } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../support/redis-server.ts'
import { change } from '../support/stored.ts'
import { type KillableService, killableService } from './killable-service.ts'
import { configFile, type RelayProcess, startProcess } from './relay-process.ts'
import { keyed } from './starting.ts'

/** A process that is killed costs seconds to start again. */
const KILLS = process.env.CI ? 10 : 3
const FLAGS = 100

describeWithRedis('a process `halyard relay`', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const holds = async ({ url }: RelayProcess) => {
    const response = await fetch(`${url}/sdk/latest-all`, { headers: keyed })
    return response.ok ? ((await response.json()) as { readonly flags: object }).flags : undefined
  }
  /** Returns the intents and puts of a stream until it has the current state. */
  const begin = async ({ url }: RelayProcess, basis: string, end: string) => {
    const stream = await openStream(`${url}/sdk/stream?basis=${basis}`, keyed)
    await stream.until(end)
    return outline(stream.text())
  }
  const verify = (prefix: string) => inspecting([redis.url, '--prefix', prefix, '--verify', '--strict'])
  /** Resolves when Redis has the rows of the current state. */
  const isWritten = ({ state }: KillableService, prefix: string) =>
    eventually(() =>
      redis.as(async (client) => (await client.get(`${prefix}:$halyard`))?.includes(`"${state}"`) ?? false),
    )
  /** Resolves when the history in Redis leads to the current state. */
  const isRemembered = ({ state }: KillableService, prefix: string) =>
    eventually(() =>
      redis.as(async (client) =>
        ((await client.lindex(`${prefix}:$halyard:history`, -1)) ?? '').includes(`"to":"${state}"`),
      ),
    )

  it('(S123) a killed and restarted relay sends clients only the changes they lack', async () => {
    const service = await killableService([change('a', 1, 1), change('b', 1, 1), change('c', 1, 1)])
    const config = configFile(service, redis, 'again')
    const first = await startProcess(config)
    await eventually(async () => (await holds(first)) !== undefined)
    const stream = await openStream(`${first.url}/sdk/stream?basis=state-1`, keyed)
    await stream.until('"none"')
    for (let version = 2; version <= 5; version++) {
      service.change(change(version % 2 === 0 ? 'a' : 'b', version, version))
      await stream.until(`"state-${version}"`)
    }
    await isWritten(service, 'again')
    await isRemembered(service, 'again')
    expect(await first.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    await stream.ended
    expect(outline(stream.text()).at(-1)).toBe('payload-transferred state-5')

    const second = await startProcess(config)
    await eventually(async () => (await holds(second)) !== undefined)
    expect(await begin(second, 'state-5', '"none"')).toEqual(['server-intent none up-to-date'])
    expect(await begin(second, 'state-4', '"state-5"')).toEqual([
      'server-intent xfer-changes stale',
      'put-object b',
      'payload-transferred state-5',
    ])
    expect(await begin(second, 'state-1', '"state-5"')).toEqual([
      'server-intent xfer-changes stale',
      'put-object a',
      'put-object b',
      'payload-transferred state-5',
    ])
    expect((await begin(second, 'state-0', '"state-5"'))[0]).toBe('server-intent xfer-full cant-catchup')
  })

  it('(S123) a relay that is killed during changes leaves Redis consistent, and the next one continues', async () => {
    // All changes while no relay runs become one batch of a delta, which is written completely or not at all.
    const flags = Array.from({ length: FLAGS }, (_, index) => change(`flag-${index}`, 1, 'x'.repeat(1_000)))
    const service = await killableService([...flags, change('a', 1, 1)])
    const config = configFile(service, redis, 'torn')
    let version = 1
    const changing = setInterval(() => {
      version++
      service.change(change('a', version, version), change(`flag-${version % FLAGS}`, version, version))
    }, 5)
    onTestFinished(() => clearInterval(changing))
    for (let kill = 0; kill < KILLS; kill++) {
      const relay = await startProcess(config)
      const begun = version
      await eventually(async () => {
        const text = await redis.as((client) => client.hget('torn:features', 'a'))
        return text !== null && (JSON.parse(text) as { readonly version: number }).version > begun + 10 + kill
      })
      await relay.end('SIGKILL')
      expect(await verify('torn')).toMatchObject({ status: 0, stdout: expect.stringContaining('Sound') })
    }
    clearInterval(changing)
    const last = await startProcess(config)
    await expect.poll(() => holds(last)).toMatchObject({ a: { version } })
    expect(await redis.as((client) => client.hlen('torn:features'))).toBe(FLAGS + 1)
  })

  it('(S123) the next relay removes a partially written delta', async () => {
    const service = await killableService([change('a', 1, 1), change('b', 1, 1)])
    const config = configFile(service, redis, 'cut')
    const first = await startProcess(config)
    await eventually(async () => (await holds(first)) !== undefined)
    await isWritten(service, 'cut')
    await first.end('SIGKILL')
    // The state after the first batch of a delta: newer rows, and the old sidecar.
    service.change(change('a', 2, 2), change('b', 2, 2))
    const { object } = change('a', 2, 2) as PutChange
    await redis.as((client) => client.hset('cut:features', 'a', JSON.stringify(object)))
    expect(await verify('cut')).toMatchObject({ status: 1, stdout: expect.stringContaining('Not sound') })
    const second = await startProcess(config)
    await expect.poll(() => holds(second)).toMatchObject({ b: { version: 2 } })
    await isWritten(service, 'cut')
    expect(await verify('cut')).toMatchObject({ status: 0, stdout: expect.stringContaining('Sound') })
    expect(await redis.as((client) => client.hget('cut:features', 'b'))).toContain('"version":2')
  })

  it('(S124) a relay that is asked to stop sends a goodbye on every stream and exits normally, even if clients do not read', async () => {
    const big = change('big', 1, 'x'.repeat(16 * 1024 * 1024))
    const service = await killableService([change('a', 1, 1), big])
    const relay = await startProcess(configFile(service, redis, 'stopped'))
    await eventually(async () => (await holds(relay)) !== undefined)
    const { hostname, port } = new URL(relay.url)
    const deaf = connect(Number(port), hostname)
    onTestFinished(() => void deaf.destroy())
    deaf.on('error', () => {}).pause()
    deaf.write(`GET /sdk/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
    const streams = await Promise.all(
      Array.from({ length: 50 }, () => openStream(`${relay.url}/sdk/stream?basis=state-1`, keyed)),
    )
    await Promise.all(streams.map((stream) => stream.until('"none"')))
    const elder = await openStream(`${relay.url}/flags`, keyed)
    await elder.until('"a"')

    expect(await relay.end('SIGTERM')).toEqual({ code: 0, signal: null })
    await Promise.all(streams.map(({ ended }) => ended))
    await elder.ended
    for (const stream of streams) {
      expect(outline(stream.text())).toEqual([
        'server-intent none up-to-date',
        'goodbye the server is shutting down',
      ])
      // The shutdown was complete.
      expect(stream.response.complete).toBe(true)
    }
    expect(relay.lines.filter((line) => /error|warn/.test(line))).toEqual([])
  })
})
