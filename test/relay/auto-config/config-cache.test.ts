import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { type ConfigCache, openConfigCache } from '../../../src/relay/auto-config/config-cache.ts'
import type { AutoConfigOptions } from '../../../src/relay/config/option-groups.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { notes } from '../../client/starting.ts'
import { SECRETS, startDynalite } from '../../support/dynalite.ts'
import { describeWithRedis, startRedis } from '../../support/redis-server.ts'

const LIST = { 'env-a': { envID: 'env-a', sdkKey: { value: 'sdk-secret-1' }, version: 3 } }
const OTHER_LIST = { 'env-b': { envID: 'env-b', sdkKey: { value: 'sdk-secret-2' }, version: 1 } }
const never = new AbortController().signal

type Place = Pick<RelayConfig, 'store' | 'snapshotDirectory'>

interface Opened {
  readonly cache: ConfigCache
  readonly log: readonly string[]
}

/** Opens the copy of a relay. It is closed with the test. */
function open(place: Place, options: Partial<AutoConfigOptions> = {}, clock = systemClock): Opened {
  const { log, logger } = notes()
  const all = { key: 'rel-key', cacheKey: 'relay-config', ...options }
  const cache = openConfigCache(place, all, { clock, random: () => 0, logger })
  onTestFinished(() => cache.close())
  return { cache, log }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'halyard-auto-config-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const redisAt = (url: string): Place => ({ store: { type: 'redis', url, localTtlMs: 0 } })

const listIn = async ({ cache }: Opened): Promise<object | undefined> =>
  (await cache.read(never))?.environments

describeWithRedis('the copy in Redis', () => {
  it('(AC6.2) is kept under cacheKey, encrypted', async () => {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const { cache } = open(redisAt(server.url))
    expect(await cache.read(never)).toBeUndefined()
    cache.write(LIST)
    await expect.poll(() => listIn(open(redisAt(server.url))), { timeout: 60_000 }).toEqual(LIST)
    const text = await server.as((client) => client.get('relay-config'))
    expect(text).toMatch(/^halyard-auto-config:1\n[A-Za-z0-9+/=]+$/)
    expect(Buffer.from(text?.split('\n')[1] ?? '', 'base64').toString('latin1')).not.toContain('sdk-secret')
    cache.write(OTHER_LIST)
    await expect.poll(() => listIn(open(redisAt(server.url))), { timeout: 60_000 }).toEqual(OTHER_LIST)
  })
})

describe('the copy', () => {
  it('(AC6.2) is kept in a table of DynamoDB under cacheKey', async () => {
    const dynalite = await startDynalite()
    onTestFinished(() => dynalite.close())
    await dynalite.createTable('flags')
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', SECRETS.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRETS.secretAccessKey)
    onTestFinished(() => void vi.unstubAllEnvs())
    const place: Place = {
      store: { type: 'dynamodb', url: dynalite.clientOptions.endpoint, localTtlMs: 0 },
    }
    const options = { cacheTableName: 'flags' }
    open(place, options).cache.write(LIST)
    await expect.poll(() => listIn(open(place, options)), { timeout: 60_000 }).toEqual(LIST)
    const [item] = await dynalite.items('flags', 'relay-config')
    expect(item?.item?.S).toMatch(/^halyard-auto-config:1\n/)
  })

  it('(AC6.2) is kept in a file for each automatic configuration key', async () => {
    const place = { snapshotDirectory: folder() }
    open(place).cache.write(LIST)
    open(place, { key: 'rel-other' }).cache.write(OTHER_LIST)
    await expect.poll(() => listIn(open(place)), { timeout: 60_000 }).toEqual(LIST)
    await expect
      .poll(() => listIn(open(place, { key: 'rel-other' })), { timeout: 60_000 })
      .toEqual(OTHER_LIST)
    expect(readdirSync(place.snapshotDirectory).filter((name) => name.endsWith('.cache'))).toHaveLength(2)
  })

  it('(AC6.1, AC6.3) needs the secret with which it was written, and is ignored otherwise', async () => {
    const place = { snapshotDirectory: folder() }
    const written = { cacheEncryptionKey: 'secret-1' }
    open(place, written).cache.write(LIST)
    await expect.poll(() => listIn(open(place, written)), { timeout: 60_000 }).toEqual(LIST)
    const other = open(place, { cacheEncryptionKey: 'secret-2' })
    expect(await listIn(other)).toBeUndefined()
    expect(other.log).toEqual([
      expect.stringMatching(
        /^warn: auto-config: the copy in .*\.cache is ignored: it is damaged, or was encrypted with another key$/,
      ),
    ])
    const [file = ''] = readdirSync(place.snapshotDirectory)
    writeFileSync(join(place.snapshotDirectory, file), 'halyard-auto-config:9\nAAAA')
    const damaged = open(place, written)
    expect(await listIn(damaged)).toBeUndefined()
    expect(damaged.log).toEqual([expect.stringMatching(/is ignored: it has another format$/)])
  })

  it('(AC6.3) is ignored if the database does not answer, which the log tells', async () => {
    const opened = open(redisAt('redis://:secret-password@127.0.0.1:9'))
    expect(await listIn(opened)).toBeUndefined()
    expect(opened.log).toEqual([
      expect.stringMatching(/^warn: auto-config: the copy in .*127\.0\.0\.1:9.* cannot be read: /),
    ])
    expect(opened.log.join()).not.toContain('secret')
  })

  it('(AC6.4) is written again after a failure, in its latest state, and the failure is logged once', async () => {
    const parent = folder()
    const place = { snapshotDirectory: join(parent, 'later') }
    const clock = new VirtualClock()
    const { cache, log } = open(place, {}, clock)
    cache.write(LIST)
    await expect.poll(() => log.length, { timeout: 60_000 }).toBe(1)
    expect(log[0]).toMatch(
      /^warn: auto-config: the copy in .*\.cache could not be written: .*; the relay keeps trying$/,
    )
    cache.write(OTHER_LIST)
    mkdirSync(place.snapshotDirectory)
    await clock.advance(1_000)
    await expect.poll(() => listIn(open(place)), { timeout: 60_000 }).toEqual(OTHER_LIST)
    expect(log).toHaveLength(1)
  })

  it('(AC6.2) does not exist without a database and without a folder, or without cacheKey', async () => {
    for (const [place, cacheKey] of [
      [{}, 'relay-config'],
      [redisAt('redis://127.0.0.1:9'), ''],
    ] as const) {
      const opened = open(place, { cacheKey })
      opened.cache.write(LIST)
      expect(await listIn(opened)).toBeUndefined()
      expect(opened.log).toEqual([])
    }
  })
})
