import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startRelay } from '../../src/relay/index.ts'
import { PRODUCTION, STAGING, startService as startAutoConfigService } from '../relay/auto-config/starting.ts'
import { endWithTest, outcome } from '../support/child.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { runRelayCommand, type Settings, startRelayCommand } from '../support/relay-command.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'
import { begin } from './running.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

const KEYS = { one: 'sdk-one-0b5e', two: 'sdk-two-91f3' } as const

const flags = (count: number) => ({
  flags: Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`f${index}`, constant(`f${index}`, 1, 'x'.repeat(1_000))]),
  ),
})

describeWithRedis('EXIT_ALWAYS', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  const settings = (prefix: string, url: string, redisUrl = server.url): Settings => ({
    LD_ENV_one: KEYS.one,
    LD_PREFIX_one: `${prefix}-one`,
    LD_ENV_two: KEYS.two,
    LD_PREFIX_two: `${prefix}-two`,
    REDIS_URL: redisUrl,
    USE_REDIS: '1',
    BASE_URI: url,
    STREAM_URI: url,
    PORT: '1',
    INIT_TIMEOUT: '60s',
    EXIT_ALWAYS: 'true',
  })

  it('(S216.1) opens no port, and exits with 0 when the database has confirmed everything', async () => {
    const service = await startService({ [KEYS.one]: flags(3_000), [KEYS.two]: flags(1) })
    const { code, output } = await runRelayCommand(['--from-env'], settings('full', service.url))
    expect(output).toContain(
      'the database has confirmed all data of 2 environments; the relay exits (exitAlways)',
    )
    expect(output).toContain('one: 3000 flags, 0 segments')
    expect(output).not.toContain('serving 2')
    expect(code).toBe(0)
    const stored = await server.as(async (client) => [
      await client.hlen('full-one:features'),
      await client.exists('full-one:$inited'),
      await client.hlen('full-two:features'),
    ])
    expect(stored).toEqual([3_000, 1, 1])
    // The second run resumes from the database and confirms it.
    expect((await runRelayCommand(['--from-env'], settings('full', service.url))).code).toBe(0)
  })

  it('(S216.2) exits with 1 if one environment has no data in time, and names it', async () => {
    const service = await startService({ [KEYS.one]: flags(1) })
    const { code, output } = await runRelayCommand(['--from-env'], {
      ...settings('late', service.url),
      INIT_TIMEOUT: '2s',
      IGNORE_CONNECTION_ERRORS: '1',
    })
    expect(code).toBe(1)
    expect(output).toMatch(/start: no data yet for 1 of 2 environments:\n +two: /)
    expect(output).toContain('The database was not filled; the relay exits (exitAlways)')
  })

  it('(S216.2) exits with 1 if only the database has the data of an environment', async () => {
    const service = await startService({ [KEYS.one]: flags(1), [KEYS.two]: flags(1) })
    expect((await runRelayCommand(['--from-env'], settings('old', service.url))).code).toBe(0)
    const gone = { ...settings('old', 'http://127.0.0.1:9'), INIT_TIMEOUT: '2s' }
    const { code, output } = await runRelayCommand(['--from-env'], gone)
    expect([code, output]).toEqual([1, expect.stringContaining('no data yet for 2 of 2 environments')])
  })

  it('(S216.2) exits with 1 if the database does not answer, and names it without its password', async () => {
    const service = await startService({ [KEYS.one]: flags(1), [KEYS.two]: flags(1) })
    const { code, output } = await runRelayCommand(['--from-env'], {
      ...settings('gone', service.url, 'redis://user:secret-of-redis@127.0.0.1:9'),
      INIT_TIMEOUT: '8s',
    })
    expect(code).toBe(1)
    expect(output).toContain('the database could not be filled; the relay exits (exitAlways)')
    expect(output).toMatch(/(?:one|two): Redis at 127\.0\.0\.1:9 has not answered for 8 s: /)
    expect(output).not.toContain('secret-of-redis')
  })

  it('(S216.1) waits for the environments of automatic configuration', async () => {
    const service = await startAutoConfigService(PRODUCTION, STAGING)
    const automatic = {
      AUTO_CONFIG_KEY: service.key,
      ENV_DATASTORE_PREFIX: 'auto-$CID',
      USE_REDIS: '1',
      REDIS_URL: server.url,
      BASE_URI: service.url,
      STREAM_URI: service.url,
      INIT_TIMEOUT: '60s',
      EXIT_ALWAYS: '1',
    }
    const { code, output } = await runRelayCommand(['--from-env'], automatic)
    expect([code, output]).toEqual([0, expect.stringContaining('all data of 2 environments')])
    expect(await server.as((client) => client.exists('auto-env-staging:$inited'))).toBe(1)
    const gone = { ...automatic, STREAM_URI: 'http://127.0.0.1:9', INIT_TIMEOUT: '1s' }
    const failed = await runRelayCommand(['--from-env'], gone)
    expect([failed.code, failed.output]).toEqual([1, expect.stringContaining('The database was not filled')])
  })

  it('(S216.1) runs as a process with variables only', async () => {
    const service = await startService({ [KEYS.one]: flags(10), [KEYS.two]: flags(1) })
    const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...settings('process', service.url) }
    const { code, output } = await outcome(
      endWithTest(
        spawn(process.execPath, [MAIN, 'relay', '--from-env'], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
      ),
    )
    expect(output).toContain('the database has confirmed all data of 2 environments')
    expect(code).toBe(0)
    expect(await server.as((client) => client.hlen('process-one:features'))).toBe(10)
  })
})

it('(S216.3) fills a snapshot directory, and warns without a place for the data', async () => {
  const service = await startService({ [KEYS.one]: flags(5) })
  const directory = mkdtempSync(join(tmpdir(), 'halyard-fill-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const settings = { LD_ENV_one: KEYS.one, BASE_URI: service.url, STREAM_URI: service.url, EXIT_ALWAYS: '1' }
  const filled = await runRelayCommand(['--from-env'], { ...settings, HALYARD_SNAPSHOT_DIRECTORY: directory })
  expect([filled.code, readdirSync(directory)]).toEqual([0, [expect.stringMatching(/\.snapshot$/)]])
  const { code, output } = await runRelayCommand(['--from-env'], settings)
  expect([code, output]).toEqual([
    0,
    expect.stringContaining(
      'EXIT_ALWAYS: no database is configured, so that only the connections are checked',
    ),
  ])
})

it('(S216.4) exits with 1 if it is stopped before the database is filled', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  onTestFinished(() => {
    silent.closeAllConnections()
    silent.close()
  })
  await once(silent, 'listening')
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const running = begin(['relay', '--from-env'], {
    LD_ENV_one: KEYS.one,
    BASE_URI: url,
    STREAM_URI: url,
    EXIT_ALWAYS: '1',
  })
  await once(silent, 'request')
  running.signal('SIGTERM')
  expect(await running.ended).toBe(1)
  expect(running.printed()).toContain('stopped before the database was filled (exitAlways)')
})

describe('EXIT_ON_ERROR', () => {
  const settings = (url: string): Settings => ({
    LD_ENV_one: KEYS.one,
    LD_ENV_two: KEYS.two,
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    BASE_URI: url,
    STREAM_URI: url,
    INIT_TIMEOUT: '3s',
  })

  it('(S217.1) exits with 1 if one environment has no data', async () => {
    const service = await startService({ [KEYS.one]: flags(1) })
    const relay = await startRelayCommand(['--from-env'], settings(service.url))
    await expect.poll(() => relay.output).toContain('The relay keeps trying')
    await relay.stop()
    const { code, output } = await runRelayCommand(['--from-env'], {
      ...settings(service.url),
      EXIT_ON_ERROR: '1',
    })
    expect(code).toBe(1)
    expect(output).toMatch(/no data yet for 1 of 2 environments:\n +two: /)
    expect(output).toContain('The relay exits, because exitOnError (EXIT_ON_ERROR) is set')
  })

  it('(S217.2) with ignoreConnectionErrors it exits only if a key is refused', async () => {
    const both = { EXIT_ON_ERROR: '1', IGNORE_CONNECTION_ERRORS: '1' }
    const relay = await startRelayCommand(['--from-env'], { ...settings('http://127.0.0.1:9'), ...both })
    await expect.poll(() => relay.output).toContain('The relay keeps trying')
    await relay.stop()
    const service = await startService({ [KEYS.one]: flags(1) })
    expect((await runRelayCommand(['--from-env'], { ...settings(service.url), ...both })).code).toBe(1)
  })
})

it('(S216.5) a relay inside of a program refuses both options', async () => {
  const environments = [{ name: 'one', sdkKey: KEYS.one }]
  await expect(startRelay({ environments, port: 0, exitAlways: true, exitOnError: true })).rejects.toThrow(
    /options\.exitAlways: expected false in a program.*[\s\S]*options\.exitOnError/,
  )
})
