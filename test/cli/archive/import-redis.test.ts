import { readFile } from 'node:fs/promises'
import { init } from '@launchdarkly/node-server-sdk'
import { RedisFeatureStore } from '@launchdarkly/node-server-sdk-redis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import { fingerprint } from '../../../src/layout/sidecar.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { serve } from '../../client/starting.ts'
import { ENV_ONE, packed, packedWithDeepFlag } from '../../relay/archive/packed.ts'
import { ask, NOWHERE, silent, start } from '../../relay/starting.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { constant, USER } from '../../support/stored.ts'
import { fill, ROWS, sidecarOf } from '../inspecting.ts'
import { archiving, KEYS, SPREE, service, TEST } from './archiving.ts'

describeWithRedis('an archive and the database of a relay', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  /** Both environments, with a prefix each that only this test uses. */
  const kept = (place: string): string =>
    `[Redis]\nhost = 127.0.0.1\nport = ${redis.port}\n${SPREE}prefix = ${place}:spree\n${TEST}envId = test-env\nprefix = ${place}:test\n`

  it('S104: data of a service passes through an archive, Redis, clients in daemon mode and another export unchanged', async () => {
    const { run, configure, path } = await archiving()
    const served = await serve({
      flags: { a: constant('a', 3, 'one'), ['__proto__']: constant('__proto__', 1, 'odd') },
      segments: { staff: { key: 'staff', version: 2, included: ['u-1'] } },
    })
    const config = await configure(service(served.url), kept('round'))
    expect(await run('export', '--out', path('first'), '--config', config)).toMatchObject({ status: 0 })

    const ended = await run('import', path('first'), '--config', config)
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    expect(ended.stdout).toContain('Spree: 3 rows written to Redis at 127.0.0.1:')
    const prefix = 'round:spree'
    const ours = createClient(KEYS.spree, {
      dataSystem: presets.daemon(redisStore({ url: redis.url, prefix })),
      sendEvents: false,
      logger: silent,
    })
    const store = RedisFeatureStore({
      redisOpts: { host: '127.0.0.1', port: redis.port },
      prefix,
      cacheTTL: 0,
    })
    const theirs = init(KEYS.spree, { featureStore: store, useLdd: true, sendEvents: false, logger: silent })
    onTestFinished(async () => {
      theirs.close()
      await ours.close()
    })
    await theirs.waitForInitialization({ timeout: 60 })
    for (const client of [ours, theirs]) {
      expect(await client.variation('a', USER, 'fallback')).toBe('one')
      expect(await client.variation('__proto__', USER, 'fallback')).toBe('odd')
    }

    const back = await run('export', '--out', path('second'), '--config', config, '--from-store')
    expect(back).toMatchObject({ status: 0, stderr: '' })
    expect(await readFile(path('second'))).toEqual(await readFile(path('first')))

    // An unreadable row is skipped, as SDKs do, and named.
    await redis.as((client) => client.hset(`${prefix}:features`, 'torn', '{"key":'))
    const torn = await run('export', '--out', path('third'), '--config', config, '--from-store')
    expect(torn).toMatchObject({
      status: 0,
      stderr: 'Spree: skipped 1 unreadable row: flag torn\n',
    })
    expect(await readFile(path('third'))).toEqual(await readFile(path('first')))

    // An import replaces all rows.
    const other = await packed(path(''), {
      env: { envID: 'spree-env', envName: 'x', sdkKey: { value: KEYS.spree } },
      flags: { b: constant('b', 1, 'new') },
    })
    expect(await run('import', other, '--config', config)).toMatchObject({ status: 0 })
    await expect.poll(() => ours.variation('b', USER, 'fallback')).toBe('new')
    await expect.poll(() => ours.variation('a', USER, 'fallback')).toBe('fallback')
  })

  it('S137: skips objects that are nested too deeply, names them and writes the rest', async () => {
    const { run, configure, folder } = await archiving()
    const config = await configure(kept('deep'))
    const path = await packedWithDeepFlag(folder, { ...ENV_ONE, sdkKey: { value: KEYS.spree } })
    const { status, stdout, stderr } = await run('import', path, '--config', config)
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'Spree: skipped flag deep: it is nested deeper than 500 levels\n',
    })
    expect(stdout).toContain('Spree: 1 row written to Redis at 127.0.0.1:')
    expect(await redis.as((client) => client.hkeys('deep:spree:features'))).toEqual(['a'])
  })

  it('S104: a relay starts with imported data if its service is down', async () => {
    const { run, configure, path } = await archiving()
    const { url } = await serve({ flags: { a: constant('a', 3, 'one') } })
    await run('export', '--out', path('a'), '--config', await configure(service(url), kept('start')))
    const nowhere = await configure(service('http://127.0.0.1:9', '500ms'), kept('start'))
    expect(await run('import', path('a'), '--config', nowhere)).toMatchObject({ status: 0 })
    const { store } = redisStore({ url: redis.url, prefix: 'start:spree' }).open({
      clock: systemClock,
      random: () => 0,
      logger: silent,
    })
    const { sidecar } = await store.readAll(new AbortController().signal)
    await store.close()
    const { keyFingerprint, selector, environmentId } = JSON.parse(sidecar ?? '{}') as Record<string, unknown>
    expect(keyFingerprint).toBe(fingerprint(KEYS.spree))
    expect(selector).toMatchObject({ scope: 'archive', state: expect.stringContaining('halyard-archive:') })
    // The ID of the configuration is not one that a service sent.
    expect(environmentId).toBeUndefined()
    const relay = await start({
      store: { type: 'redis', url: redis.url, localTtlMs: 0 },
      environments: [{ name: 'Spree', sdkKey: KEYS.spree, prefix: 'start:spree' }],
      endpoints: NOWHERE,
    })
    expect(await relay.started).toEqual([])
    const { body } = await ask(relay, '/sdk/flags/a', { authorization: KEYS.spree })
    expect(body).toMatchObject({ variations: ['one'] })
  })

  it('S104: imports nothing if an environment is not configured or its place contains another one', async () => {
    const { run, configure, path } = await archiving()
    const { url } = await serve({ flags: { a: constant('a', 3, 'one') } })
    const both = await configure(service(url), kept('foreign'))
    await run('export', '--out', path('a'), '--config', both)
    const one = `[Redis]\nhost = 127.0.0.1\nport = ${redis.port}\n${TEST}prefix = foreign:test\n`
    expect(await run('import', path('a'), '--config', await configure(one))).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'no environment of the configuration has the SDK key of Spree (spree-env)\n',
    })
    const foreign = redisStore({ url: redis.url, prefix: 'foreign:spree' })
    await fill(foreign)
    const again = await configure(service(url), kept('foreign'))
    for (const command of [
      ['import', path('a')],
      ['export', '--out', path('b'), '--from-store'],
    ]) {
      const refused = await run(...command, '--config', again)
      expect(refused).toMatchObject({ status: 1, stdout: '' })
      expect(refused.stderr).toMatch(
        /^Spree: its place in the database contains another environment \(its SDK key differs\)$/m,
      )
    }
    const keys = await redis.as((client) => client.keys('foreign:test*'))
    expect(keys).toEqual([])
    // An older key belongs to the same environment.
    await redis.as((client) => client.del('foreign:spree:$halyard'))
    const { store } = foreign.open({
      clock: systemClock,
      random: () => 0,
      logger: silent,
    })
    const sidecar = sidecarOf(ROWS, { environmentId: 'spree-env' })
    await store.write({ type: 'full', rows: ROWS, sidecar, notice: 'x' }, new AbortController().signal)
    await store.close()
    expect(await run('import', path('a'), '--config', again)).toMatchObject({ status: 0 })
  })

  it('S104: names an empty database and an unreachable one', async () => {
    const { run, configure, path } = await archiving()
    const config = await configure(kept('empty'))
    const empty = await run('export', '--out', path('a'), '--config', config, '--from-store')
    expect(empty).toMatchObject({ status: 1, stdout: '' })
    expect(empty.stderr).toBe(
      'Spree: the database contains no data of this environment\nTest: the database contains no data of this environment\n',
    )
    const none = await configure(SPREE)
    expect(await run('export', '--out', path('a'), '--config', none, '--from-store')).toMatchObject({
      status: 1,
      stderr: 'Spree: no database is configured\n',
    })
    expect(await run('import', path('a'), '--config', none)).toMatchObject({
      status: 1,
      stderr: 'no database is configured\n',
    })
    const archive = await packed(path(''), { env: { envID: 'e', sdkKey: { value: KEYS.spree } } })
    const gone = await configure(`[Redis]\nhost = 127.0.0.1\nport = 9\n${SPREE}prefix = x\n`)
    const refused = await run('import', archive, '--config', gone)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toMatch(/^Spree: .*127\.0\.0\.1:9/m)
  })
})
