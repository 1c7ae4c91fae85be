import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { fileStore } from '../../../src/store/file/file-store.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { body, bytes, full, LiveStream, type Origin, put, startOrigin } from '../../support/origin.ts'
import { describeWithRedis, type RedisServer, startRedis, startTlsRedis } from '../../support/redis-server.ts'
import { fill } from '../inspecting.ts'
import { running } from '../running.ts'
import { doctoring, SDK_KEY } from './doctoring.ts'

const OTHER_KEY = SDK_KEY.replace('1111', '9999')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'halyard-doctor-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

async function startService(...keys: readonly string[]): Promise<Origin> {
  const origin = await startOrigin()
  const known = keys.length > 0 ? keys : [SDK_KEY]
  origin.poll.always((received, response) =>
    known.includes(String(received.headers.authorization))
      ? body(full('state', put('a')))(received, response)
      : response.writeHead(401).end(),
  )
  origin.stream.always(new LiveStream(full('state', put('a'))).answer)
  origin.others.always(bytes(202, {}, ''))
  return origin
}

describeWithRedis('halyard doctor with a Redis', () => {
  let redis: RedisServer
  let locked: RedisServer
  beforeAll(async () => {
    ;[redis, locked] = await Promise.all([startRedis(), startRedis({ requirepass: 'open-sesame' })])
    await fill(redisStore({ url: redis.url, prefix: 'full' }))
  })
  afterAll(() => Promise.all([redis.stop(), locked.stop()]))

  it('(DO4.1) shows marker, flags and resume state, asks no service and writes nothing', async () => {
    const before = await redis.as((client) => client.keys('*'))
    const { of, verdicts, status } = await doctoring(['--store', `${redis.url}?prefix=full`])
    expect(verdicts).toEqual(['runtime ok', 'database ok', 'marker ok', 'rows ok', 'resume ok'])
    expect(of('database')).toMatchObject({
      subject: 'Database',
      seen: `Redis at 127.0.0.1:${redis.port} without TLS, prefix full: can be read`,
    })
    expect(of('rows').seen).toMatch(/^2 flags, 1 segment, /)
    expect(of('resume').seen).toMatch(/^a start resumes with a delta \(saved \d+ d ago\)$/)
    expect(await redis.as((client) => client.keys('*'))).toEqual(before)
    expect(status).toBe(0)
  })

  it('(DO4.2) fails for a wrong prefix if the store is the only source, and warns beside a service', async () => {
    const alone = await doctoring(['--store', redis.url, '--prefix', 'wrong'])
    expect(alone.of('marker')).toMatchObject({
      verdict: 'failed',
      seen: 'missing: there is no data with the prefix wrong',
      remedy: expect.stringContaining('--prefix'),
    })
    expect(alone.status).toBe(1)
    const { url } = await startService()
    const args = ['--store', redis.url, '--prefix', 'wrong', '--url', url, '--sdk-key', SDK_KEY]
    const beside = await doctoring(args)
    expect([beside.of('marker').verdict, beside.status]).toEqual(['warning', 0])
  })

  it('(DO4.3) fails for the data of another SDK key', async () => {
    const { url } = await startService()
    const args = ['--store', `${redis.url}?prefix=full`, '--url', url, '--sdk-key', SDK_KEY]
    expect((await doctoring(args)).of('resume')).toMatchObject({
      verdict: 'failed',
      seen: expect.stringContaining('another SDK key'),
    })
  })

  it('(DO4.3) fails for a row that cannot be read', async () => {
    await fill(redisStore({ url: redis.url, prefix: 'bad' }))
    await redis.as((client) => client.hset('bad:features', 'checkout', '{'))
    expect((await doctoring(['--store', `${redis.url}?prefix=bad`])).of('rows')).toMatchObject({
      verdict: 'failed',
      seen: expect.stringContaining('flag checkout: '),
      remedy: expect.stringContaining('halyard inspect --verify'),
    })
  })

  it('(DO1.7, DO4.1) names a password that is missing or wrong', async () => {
    const verdict = async (url: string, env: NodeJS.ProcessEnv = {}) => {
      const { of, verdicts, checks } = await doctoring(['--store', url], env)
      expect(JSON.stringify(checks)).not.toMatch(/hunter2|open-sesame/)
      expect(verdicts.slice(2)).toHaveLength(3)
      return [of('database').verdict, of('database').remedy?.slice(0, 40)]
    }
    const remedy = 'Give user and password of the database: '
    expect(await verdict(locked.url)).toEqual(['failed', remedy])
    expect(await verdict(locked.url, { REDIS_PASSWORD: 'hunter2' })).toEqual(['failed', remedy])
    expect(await verdict(locked.url, { REDIS_PASSWORD: 'open-sesame' })).toEqual(['ok', undefined])
  })

  it('(DO4.1) names a database that is not there, and one that expects TLS', async () => {
    const gone = await startRedis()
    await gone.stop()
    const { of, status } = await doctoring(['--store', gone.url, '--timeout', '30s'])
    expect(of('database')).toMatchObject({ verdict: 'failed', remedy: expect.stringContaining('runs') })
    expect([of('marker').verdict, status]).toEqual(['skipped', 1])
    const secure = await startTlsRedis()
    onTestFinished(() => secure.stop())
    const untrusted = await doctoring(['--store', secure.url.replace('redis:', 'rediss:')])
    expect(untrusted.of('database').remedy).toContain('NODE_EXTRA_CA_CERTS')
    expect((await doctoring(['--store', secure.url])).of('database').remedy).toContain('expects TLS')
  })

  describe('of a relay', () => {
    function configured(service: string, ...lines: readonly string[]): string {
      const path = join(folder(), 'relay.conf')
      const main = ['[Main]', `baseUri = ${service}`, `streamUri = ${service}`]
      writeFileSync(path, [...main, ...lines].join('\n'))
      return path
    }
    const environment = (name: string, sdkKey: string) => [
      `[Environment "${name}"]`,
      `sdkKey = ${sdkKey}`,
      `prefix = ${name}`,
    ]

    it('(DO5.1) checks each environment and its place in the database', async () => {
      const { url } = await startService(SDK_KEY)
      await fill(redisStore({ url: redis.url, prefix: 'production' }))
      const path = configured(
        url,
        '[Redis]',
        `url = ${redis.url}`,
        ...environment('production', SDK_KEY),
        ...environment('staging', OTHER_KEY),
      )
      const { checks, status } = await doctoring(['--config', path])
      const of = (subject: string) =>
        checks.filter((each) => each.subject === subject).map(({ id, verdict }) => `${id} ${verdict}`)
      expect(checks[1]).toMatchObject({ id: 'config', seen: `${path}: 2 environments: production, staging` })
      expect(of('Environment production')).toContain('stream ok')
      expect(of('Environment staging')).toContain('access failed')
      expect(of('Database of production')).toEqual(['database ok', 'marker ok', 'rows ok', 'resume failed'])
      expect(of('Database of staging')).toEqual(['database ok', 'marker warning', 'rows ok', 'resume ok'])
      expect(status).toBe(1)
    })

    it('(DO5.4) tries a database that cannot be read only once', async () => {
      const { url } = await startService(SDK_KEY, OTHER_KEY)
      const path = configured(
        url,
        '[Redis]',
        `url = ${locked.url}`,
        ...environment('production', SDK_KEY),
        ...environment('staging', OTHER_KEY),
      )
      const { checks } = await doctoring(['--config', path])
      const databases = checks.filter(({ id }) => id === 'database')
      expect(databases.map(({ verdict }) => verdict)).toEqual(['failed', 'skipped'])
    })
  })
})

describe('halyard doctor with files', () => {
  it('(DO4.1, DO4.2) reads a snapshot', async () => {
    const path = join(folder(), 'flags.snapshot')
    await fill(fileStore(path))
    expect((await doctoring(['--store', path])).verdicts).toEqual(
      ['runtime', 'database', 'marker', 'rows', 'resume'].map((id) => `${id} ok`),
    )
    writeFileSync(path, 'x')
    expect((await doctoring(['--store', path])).of('marker').verdict).toBe('failed')
    expect((await doctoring(['--store', `${path}.gone`])).of('database').remedy).toContain('name of the')
  })

  it('(DO4.2) accepts that a relay has no snapshot before its first start', async () => {
    const { url } = await startService()
    const home = folder()
    const config = join(home, 'relay.conf')
    const main = `baseUri = ${url}\nstreamUri = ${url}\nsnapshotDirectory = ${home}`
    writeFileSync(config, `[Main]\n${main}\n[Environment "shop"]\nsdkKey = ${SDK_KEY}\n`)
    const { of, status } = await doctoring(['--config', config])
    expect(of('database')).toMatchObject({
      verdict: 'ok',
      seen: expect.stringContaining('does not exist; the first start writes it'),
    })
    expect([of('marker').seen, status]).toEqual(['there is no data yet', 0])
  })

  it('(DO5.3) asks no service for environments from flag files', async () => {
    const home = folder()
    writeFileSync(join(home, 'flags.yaml'), 'flagValues:\n  a: true\n')
    const config = join(home, 'relay.conf')
    writeFileSync(config, `[Environment "local"]\nsdkKey = x\nfile = ${join(home, 'flags.yaml')}\n`)
    const { verdicts, of, status } = await doctoring(['--config', config])
    expect(verdicts).toEqual(['runtime ok', 'config ok', 'access skipped'])
    expect([of('access').seen, status]).toEqual(['its flags come from files, not from a service', 0])
  })

  it('(DO5.1) reads the configuration from variables only', async () => {
    const { url } = await startService()
    const env = { LD_ENV_shop: SDK_KEY, BASE_URI: url, STREAM_URI: url }
    const { of, checks } = await doctoring(['--from-env'], env)
    expect(of('config').seen).toBe('environment variables: environment shop')
    expect(checks.find(({ id }) => id === 'stream')).toMatchObject({
      subject: 'Environment shop',
      verdict: 'ok',
    })
    const wrong = await running(['doctor', '--from-env', '--url', url])
    expect(wrong.stderr).toContain('--from-env and --url do not go together')
  })

  it('(DO5.2) names all errors of a configuration', async () => {
    const config = join(folder(), 'relay.conf')
    writeFileSync(config, '[Main]\nport = 99999\nlogLevel = loud\n[Environment "a"]\nsdkKey = hunter2\n')
    const { of, status } = await doctoring(['--config', config])
    expect(of('config').seen).toMatch(/port[\s\S]*logLevel/)
    expect(status).toBe(1)
    const gone = await running(['doctor', '--config', `${config}.gone`])
    expect([gone.status, gone.stdout]).toEqual([1, expect.stringContaining('does not')])
  })
})
