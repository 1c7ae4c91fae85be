import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'
import { type RunningRelay, runRelayCommand } from '../../support/relay-command.ts'
import { startRelayProcess } from '../../support/relay-process.ts'
import { startProcess } from '../relay-process.ts'
import { PRODUCTION, STAGING, startService, startServiceAt } from './starting.ts'

type Service = Awaited<ReturnType<typeof startService>>

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'halyard-auto-config-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const settingsOf = ({ key, url }: Service): Record<string, string> => ({
  AUTO_CONFIG_KEY: key,
  STREAM_URI: url,
  BASE_URI: url,
  PORT: '0',
  HALYARD_RELAY_HOST: '127.0.0.1',
  INIT_TIMEOUT: '1s',
  LOG_LEVEL: 'debug',
})

const start = (settings: Record<string, string>): Promise<RunningRelay> =>
  startRelayProcess(['--from-env'], settings)

it('(AC4.3, AC6.2) serves its environments after a restart without the service, from files', async () => {
  const directory = folder()
  const service = await startService(PRODUCTION, STAGING)
  const settings = { ...settingsOf(service), HALYARD_SNAPSHOT_DIRECTORY: directory }
  const first = await start(settings)
  for (const { sdkKey } of [PRODUCTION, STAGING])
    await expect
      .poll(async () => (await first.ask('/sdk/flags', sdkKey)).status, { timeout: 60_000 })
      .toBe(200)
  const copy = (): string => readdirSync(directory).find((name) => name.endsWith('.cache')) ?? ''
  await expect.poll(copy, { timeout: 60_000 }).toMatch(/^auto-config-[0-9a-f]{16}\.cache$/)
  expect(statSync(join(directory, copy())).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(directory, copy()), 'latin1')).not.toContain(PRODUCTION.sdkKey)
  expect(await first.stop()).toBe(0)
  await service.close()

  const second = await start(settings)
  expect((await second.ask('/sdk/flags', PRODUCTION.sdkKey)).status).toBe(503)
  for (const { sdkKey } of [PRODUCTION, STAGING])
    await expect
      .poll(async () => (await second.ask('/sdk/flags', sdkKey)).status, { timeout: 60_000 })
      .toBe(200)
  expect(await second.ask('/status')).toMatchObject({
    body: {
      environments: { [PRODUCTION.id]: { envName: 'Production', serving: 'stored' } },
      autoConfigStatus: { state: 'INITIALIZING' },
    },
  })
  expect(await second.stop()).toBe(0)
  for (const key of [service.key, PRODUCTION.sdkKey, STAGING.sdkKey])
    expect(first.output + second.output).not.toContain(key)
})

it('(AC4.2) exits with 1 if there is no list and no copy after initTimeout, or if the key was refused', async () => {
  const service = await startService(PRODUCTION)
  service.fail(500)
  const late = await runRelayCommand(['--from-env'], settingsOf(service))
  expect(late.code).toBe(1)
  expect(late.output).toContain('start: no list of environments yet: ')
  service.fail(200)
  const refused = await runRelayCommand(['--from-env'], {
    ...settingsOf(service),
    AUTO_CONFIG_KEY: 'rel-wrong',
    INIT_TIMEOUT: '10m',
  })
  expect(refused.code).toBe(1)
  expect(refused.output).toContain(
    'start: no list of environments yet: the server answered 401 (is the automatic configuration key right?)',
  )
  expect(refused.output).not.toContain('rel-wrong')
})

it('(AC4.2) keeps trying with ignoreConnectionErrors, and serves as soon as there is a list', async () => {
  const service = await startService(PRODUCTION)
  service.fail(500)
  const relay = await start({ ...settingsOf(service), IGNORE_CONNECTION_ERRORS: '1' })
  await expect.poll(() => relay.output, { timeout: 60_000 }).toContain('The relay keeps trying')
  expect((await relay.ask('/sdk/flags', PRODUCTION.sdkKey)).status).toBe(503)
  service.fail(200)
  await expect
    .poll(async () => (await relay.ask('/sdk/flags', PRODUCTION.sdkKey)).status, { timeout: 60_000 })
    .toBe(200)
  expect(await relay.stop()).toBe(0)
})

describeWithRedis('a process that was killed', () => {
  it('(AC4.3, AC4.4, AC6.2) serves from Redis without the service, and takes over the list of the service later', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const service = await startService(PRODUCTION, STAGING)
    const path = join(folder(), 'relay.conf')
    const lines = [
      '[Main]',
      'port = 0',
      'host = 127.0.0.1',
      'initTimeout = 1s',
      `baseUri = ${service.url}`,
      `streamUri = ${service.url}`,
      '[Redis]',
      `url = ${redis.url}`,
      '[AutoConfig]',
      `key = ${service.key}`,
      'envDatastorePrefix = ld:$CID',
      'cacheKey = ld:relay-config',
      'cacheEncryptionKey = a-long-random-secret',
    ]
    writeFileSync(path, lines.join('\n'))
    const statusOf = async (url: string, key: string): Promise<number> =>
      (await fetch(`${url}/sdk/flags`, { headers: { authorization: key } })).status

    const first = await startProcess(path)
    const isSaved = (): Promise<boolean> =>
      redis.as(async (client) => {
        const keys = ['ld:relay-config', `ld:${PRODUCTION.id}:$inited`, `ld:${STAGING.id}:$inited`]
        return (await client.exists(...keys)) === keys.length
      })
    await expect.poll(isSaved, { timeout: 60_000 }).toBe(true)
    expect(await first.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    await service.close()

    const second = await startProcess(path)
    for (const { sdkKey } of [PRODUCTION, STAGING])
      await expect.poll(() => statusOf(second.url, sdkKey), { timeout: 60_000 }).toBe(200)
    expect(await statusOf(second.url, 'sdk-of-a-newer-environment')).toBe(503)
    const port = Number(new URL(service.url).port)
    const later = await startServiceAt(port, { ...PRODUCTION, name: 'Live' })
    await expect.poll(() => statusOf(second.url, STAGING.sdkKey), { timeout: 120_000 }).toBe(401)
    await expect.poll(() => statusOf(second.url, PRODUCTION.sdkKey), { timeout: 60_000 }).toBe(200)
    expect(await statusOf(second.url, 'sdk-of-a-newer-environment')).toBe(401)
    expect(later.requests.at(-1)?.authorization).toBe(service.key)
    expect(await second.end('SIGTERM')).toMatchObject({ code: 0 })
    const output = [...first.lines, ...second.lines].join('\n')
    expect(output).toContain('using the copy of')
    for (const secret of [service.key, PRODUCTION.sdkKey, STAGING.sdkKey, 'a-long-random-secret'])
      expect(output).not.toContain(secret)
  })
})
