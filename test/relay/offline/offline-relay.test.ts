import { rm, utimes, writeFile } from 'node:fs/promises'
import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import { generateId } from '../../../src/relay/archive/archive.ts'
import { startRelay as embedded } from '../../../src/relay/index.ts'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { notes } from '../../client/starting.ts'
import { constant, USER } from '../../support/stored.ts'
import { ENV_ONE, ENV_TWO, KEYS, ONE, type Packed, TWO } from '../archive/packed.ts'
import { ask, DEFAULTS, NOWHERE, silent, start } from '../starting.ts'
import { offline } from './offline.ts'

const one = { authorization: KEYS.one }
const two = { authorization: KEYS.two }

/** The environment with another flag `a`. */
const withA = (value: unknown, version: number, dataId = `data-${String(value)}`): Packed => ({
  ...ONE,
  dataId,
  flags: { a: constant('a', version, value) },
})

interface WireEvent {
  readonly event: string
  readonly data: {
    readonly key?: string
    readonly state?: string
    readonly payloads?: readonly { readonly intentCode: string }[]
  }
}

/** Returns the answer to an SDK with this basis. */
async function poll(relay: RelayServer, basis = '', headers: Record<string, string> = one) {
  const { body } = await ask(relay, `/sdk/poll?basis=${encodeURIComponent(basis)}`, headers)
  const events: readonly WireEvent[] = body.events
  return {
    intent: events[0]?.data.payloads?.[0]?.intentCode,
    keys: events
      .filter(({ event }) => event.endsWith('-object'))
      .map(({ event, data }) => `${event} ${data.key}`),
    state: events.at(-1)?.data.state ?? '',
  }
}

const variations = async (relay: RelayServer, headers = one): Promise<unknown> =>
  (await ask(relay, '/sdk/flags/a', headers)).body?.variations

it('S102: serves the environments of an archive without requests to a service', async () => {
  const archive = await offline(ONE, TWO)
  const relay = await archive.start()
  expect(await relay.started).toEqual([])
  const { headers, body } = await ask(relay, '/sdk/latest-all', one)
  expect(headers.get('x-ld-envid')).toBe(ENV_ONE.envID)
  expect(body).toEqual({ flags: ONE.flags, segments: ONE.segments })
  expect((await ask(relay, '/sdk/latest-all', two)).body).toEqual({ flags: TWO.flags, segments: {} })
  expect(await poll(relay)).toMatchObject({ intent: 'xfer-full', keys: ['put-object a', 'put-object staff'] })
  expect((await ask(relay, '/readyz')).status).toBe(200)
  expect(relay.view.environments).toMatchObject([{ serving: 'archive' }, { serving: 'archive' }])
  const { body: status } = await ask(relay, '/status')
  expect(status).toMatchObject({
    status: 'healthy',
    environments: {
      'Spree Production': { envId: ENV_ONE.envID, projKey: 'spree', connectionStatus: { state: 'VALID' } },
      'Spree Test': { envId: ENV_TWO.envID },
    },
  })
  for (const key of Object.values(KEYS)) expect(JSON.stringify(status)).not.toContain(key)
  expect(archive.asked).toEqual([])
})

it('S102: the official SDK (FDv2 and FDv1) and our client see an archive and its successor', async () => {
  const archive = await offline(withA('one', 1))
  const relay = await archive.start()
  const uris = { baseUri: relay.url, streamUri: relay.url, sendEvents: false, logger: silent }
  const theirs = [{ dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } } } as const, {}].map(
    (options) => init(KEYS.one, { ...uris, ...options }),
  )
  const ours = createClient(KEYS.one, {
    dataSystem: presets.default(),
    endpoints: { polling: relay.url, streaming: relay.url },
    logger: silent,
  })
  onTestFinished(async () => {
    for (const client of theirs) client.close()
    await ours.close()
  })
  const everybody = [...theirs, ours]
  const values = (): Promise<unknown[]> =>
    Promise.all(everybody.map((client) => client.variation('a', USER, 'fallback')))
  for (const [value, version] of [
    ['one', 1],
    ['two', 2],
    // An older archive is served too, because operators may roll back.
    ['one', 1],
    ['two', 2],
  ] as const) {
    await archive.put(withA(value, version))
    await expect.poll(values).toEqual(everybody.map(() => value))
  }
})

it('S103: answers the previous basis with a delta, the current one with none, and others with a full payload', async () => {
  const archive = await offline({ ...ONE, flags: { ...ONE.flags, b: constant('b', 1, 'b') } })
  const relay = await archive.start()
  const first = await poll(relay)
  expect(await poll(relay, first.state)).toMatchObject({ intent: 'none' })
  await archive.put({ ...withA('two', 4), segments: {} })
  await expect.poll(() => variations(relay)).toEqual(['two'])
  const delta = await poll(relay, first.state)
  expect(delta).toMatchObject({
    intent: 'xfer-changes',
    keys: expect.arrayContaining(['put-object a', 'delete-object b', 'delete-object staff']),
  })
  expect(delta.keys).toHaveLength(3)
  expect(await poll(relay, delta.state)).toMatchObject({ intent: 'none' })
  expect(await poll(relay, '(p:real:5)')).toMatchObject({ intent: 'xfer-full' })
})

it('S103: relays of the same archive agree on the state, also after a restart; other data or environments have other states', async () => {
  const archive = await offline(withA('one', 1), { ...TWO, flags: { a: constant('a', 1, 'one') } })
  const relays = [await archive.start(), await archive.start()]
  const states = await Promise.all(relays.map(async (relay) => (await poll(relay)).state))
  expect(states[0]).toMatch(/^halyard-archive:/)
  expect(states[1]).toBe(states[0])
  const [relay = await archive.start()] = relays
  const other = await poll(relay, '', two)
  expect(other.state).not.toBe(states[0])
  await relay.close()
  const restarted = await archive.start()
  expect(await poll(restarted, states[0])).toMatchObject({ intent: 'none' })
  // The state of another environment is unknown here.
  expect(await poll(restarted, other.state)).toMatchObject({ intent: 'xfer-full' })
})

it('S102: a changed archive adds, updates and removes environments, without effect on unchanged ones', async () => {
  const { log, logger } = notes()
  const archive = await offline(ONE, TWO)
  const relay = await archive.start({}, { logger })
  const client = createClient(KEYS.two, {
    dataSystem: presets.streaming(),
    endpoints: { polling: relay.url, streaming: relay.url },
    logger: silent,
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization()
  const told: unknown[] = []
  client.on('status', (status) => told.push(status))
  client.on('update', (update) => told.push(update))

  const third = { ...ENV_ONE, envID: 'third', envName: 'Third', sdkKey: { value: KEYS.old } }
  await archive.put(TWO, { env: third, flags: { a: constant('a', 1, 'third') } })
  await expect.poll(() => variations(relay, { authorization: KEYS.old })).toEqual(['third'])
  expect((await ask(relay, '/sdk/latest-all', one)).status).toBe(401)
  expect(relay.view.environments.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'Spree Test',
    'Spree Third',
  ])
  // The archive is another file, but the environment has the same version and data id, so it is unchanged.
  await archive.put({ ...TWO, flags: { b: constant('b', 9, 'unsaid') } }, ONE)
  await expect.poll(() => variations(relay)).toEqual(['one'])
  expect((await ask(relay, '/sdk/flags/b', two)).body).toMatchObject({ version: 1 })
  expect(told).toEqual([])
  expect(log.filter((line) => line.includes('changed archive'))).toEqual([
    'info: applied a changed archive: added Spree Third',
    'info: applied a changed archive: removed Spree Production',
    'info: applied a changed archive: added Spree Production',
    'info: applied a changed archive: removed Spree Third',
  ])
})

it('S102: accepts a replaced key until it expires, and the new key at once', async () => {
  const archive = await offline(ONE)
  const relay = await archive.start()
  const rotated = (timestamp: number): Packed => ({
    ...ONE,
    env: {
      ...ENV_ONE,
      version: ENV_ONE.version + 1 + (timestamp % 2),
      sdkKey: { value: KEYS.two, expiring: { value: KEYS.one, timestamp } },
    },
  })
  await archive.put(rotated(Date.now() + 3_600_000 - (Date.now() % 2)))
  await expect.poll(async () => (await ask(relay, '/sdk/latest-all', two)).status).toBe(200)
  for (const path of ['/sdk/poll', '/sdk/latest-all', '/sdk/flags/a']) {
    expect((await ask(relay, path, one)).status, path).toBe(200)
  }
  await archive.put(rotated(1))
  await expect.poll(async () => (await ask(relay, '/sdk/latest-all', one)).status).toBe(401)
  expect((await ask(relay, '/sdk/latest-all', two)).status).toBe(200)
})

it('S102: logs an invalid archive once and changes nothing until a valid one replaces it', async () => {
  const { log, logger } = notes()
  const archive = await offline(ONE)
  const relay = await archive.start({}, { logger })
  const errors = (): readonly string[] => log.filter((line) => line.startsWith('error'))
  await writeFile(archive.path, 'half an archive')
  await expect.poll(errors).toHaveLength(1)
  // The relay reads it again several times, and it is saved again.
  await writeFile(archive.path, 'half an archive')
  const age = (): number => relay.view.environments[0]?.source.ageMs ?? 0
  await expect.poll(age).toBeGreaterThan(150)
  expect(await variations(relay)).toEqual(['one'])
  expect(errors()).toEqual([
    expect.stringMatching(
      `^error: ${archive.path}: cannot be read: .*; the last valid archive stays in use$`,
    ),
  ])
  await rm(archive.path)
  await expect.poll(errors).toHaveLength(2)
  expect(errors()[1]).toContain('ENOENT')
  await archive.put(withA('two', 4))
  await expect.poll(() => variations(relay)).toEqual(['two'])
  await expect.poll(age).toBeLessThan(150)
  expect(errors()).toHaveLength(2)
})

it('S102: a check that finds the archive unchanged confirms the data', async () => {
  const archive = await offline(ONE)
  const relay = await archive.start()
  /** Returns the age of the archive, and the time since its last confirmation. */
  const ages = () => {
    const { now, environments } = relay.view
    const [{ recent, source } = {}] = environments
    return { data: now - (recent?.[0]?.at ?? now), word: source?.ageMs ?? Infinity }
  }
  const isVouchedFor = (): boolean => ages().data > ages().word + 100
  await expect.poll(isVouchedFor).toBe(true)
  const before = relay.view.environments[0]?.recent
  // Only the modification time changes: the archive is read again, without effect, and confirmed as before.
  await utimes(archive.path, 1, 1)
  const { word, data } = ages()
  await expect.poll(() => ages().data - ages().word > data - word + 100).toBe(true)
  expect(relay.view.environments[0]?.recent).toEqual(before)
})

it('S102: does not start without a valid archive', async () => {
  const archive = await offline(ONE)
  await writeFile(archive.path, 'no archive')
  await expect(archive.start()).rejects.toThrow(`${archive.path}: cannot be read`)
  await rm(archive.path)
  await expect(archive.start()).rejects.toThrow('ENOENT')
})

it('S102: a reload of the configuration leaves the environments of the archive unchanged', async () => {
  const archive = await offline(ONE)
  const relay = await archive.start()
  await relay.reload({ ...archive.config, disconnectedStatusMs: 1 })
  expect(await variations(relay)).toEqual(['one'])
  await expect(relay.reload(DEFAULTS)).rejects.toThrow('another archive needs a restart')
  const elsewhere = { archive: '/elsewhere', intervalMs: 20 }
  await expect(relay.reload({ ...archive.config, offline: elsewhere })).rejects.toThrow(
    'another archive needs a restart',
  )
  expect(await variations(relay)).toEqual(['one'])
})

it('S102: rejects a reload that adds an archive to an online relay', async () => {
  const archive = await offline(ONE)
  const relay = await start({ endpoints: NOWHERE, initTimeoutMs: 10 })
  await expect(relay.reload(archive.config)).rejects.toThrow('another archive needs a restart')
  expect(relay.view.environments.map(({ name }) => name)).toEqual(['test'])
})

it('S103: does not expose a generated id as the environment id of the service', async () => {
  const archive = await offline({ ...ONE, env: { ...ENV_ONE, envID: generateId('Production') } }, TWO)
  const relay = await archive.start()
  const { headers, status } = await ask(relay, '/sdk/latest-all', one)
  expect([status, headers.get('x-ld-envid')]).toEqual([200, null])
  const { environments } = (await ask(relay, '/status')).body
  expect(environments['Spree Production']).not.toHaveProperty('envId')
  expect(environments['Spree Test']).toHaveProperty('envId', ENV_TWO.envID)
})

it('S102: an embedded relay can serve an archive, and rejects an invalid one', async () => {
  const archive = await offline(ONE)
  const options = { port: 0, host: '127.0.0.1', offline: { archive: archive.path, intervalMs: 100 } }
  await using relay = await embedded(options, { logger: silent })
  expect(await relay.started).toEqual([])
  const response = await fetch(`${relay.url}/sdk/flags/a`, { headers: one })
  expect(await response.json()).toMatchObject({ variations: ['one'] })
  await archive.put(withA('two', 4))
  await expect
    .poll(async () => (await fetch(`${relay.url}/sdk/flags/a`, { headers: one })).json())
    .toMatchObject({ variations: ['two'] })
  await writeFile(archive.path, 'no archive')
  await expect(embedded(options, { logger: silent })).rejects.toThrow(`${archive.path}: cannot be read`)
})

it('(CS24.7) browsers have no goals, and may use the origins of the configuration', async () => {
  const archive = await offline(ONE)
  const options = { archive: archive.path, intervalMs: 20, allowedOrigins: ['https://shop.example'] }
  const relay = await archive.start({ offline: options })
  await relay.started
  const { status, body, headers } = await ask(relay, `/sdk/goals/${ENV_ONE.envID}`)
  expect([status, body]).toEqual([200, []])
  expect(headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect(archive.asked).toEqual([])
})
