import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import type { StatusDocument } from '../../../src/relay/status/document.ts'
import { notes } from '../../client/starting.ts'
import { ask } from '../starting.ts'
import { configOf, PRODUCTION, STAGING, startRelay, startService } from './starting.ts'

const statusOf = async (relay: RelayServer, key: string): Promise<number> =>
  (await ask(relay, '/sdk/flags', { authorization: key })).status

const documentOf = async (relay: RelayServer): Promise<StatusDocument> =>
  (await ask(relay, '/status')).body as StatusDocument

const idsOf = (relay: RelayServer): readonly string[] => relay.view.environments.map(({ name }) => name)

it('(AC3.1) requests the stream with the key, and serves the environments that it brings', async () => {
  const service = await startService(PRODUCTION, STAGING)
  const relay = await startRelay(configOf(service))
  expect(await relay.started).toEqual([])
  expect(service.requests).toEqual([
    { url: '/relay_auto_config?rpacProtocolVersion=2', authorization: service.key },
  ])
  for (const { sdkKey } of [PRODUCTION, STAGING]) expect(await statusOf(relay, sdkKey)).toBe(200)
  expect(await statusOf(relay, 'sdk-unknown')).toBe(401)
})

it('(AC4.1) answers 503 until there is a list, and 401 to unknown keys afterwards', async () => {
  const service = await startService(PRODUCTION)
  service.fail(500)
  const relay = await startRelay(configOf(service))
  expect(await statusOf(relay, PRODUCTION.sdkKey)).toBe(503)
  expect((await fetch(`${relay.url}/sdk/evalx/${PRODUCTION.id}/contexts/e30`)).status).toBe(503)
  expect(await ask(relay, '/readyz')).toMatchObject({
    status: 503,
    body: { status: 'not ready', autoConfig: 'the list of environments has not arrived' },
  })
  expect(await documentOf(relay)).toMatchObject({
    environments: {},
    status: 'degraded',
    autoConfigStatus: { state: 'INITIALIZING', lastError: { kind: 'ERROR_RESPONSE', statusCode: 500 } },
  })
  service.fail(200)
  await expect.poll(() => statusOf(relay, PRODUCTION.sdkKey), { timeout: 60_000 }).toBe(200)
  expect(await statusOf(relay, 'sdk-unknown')).toBe(401)
  await expect.poll(async () => (await ask(relay, '/readyz')).status).toBe(200)
})

it('(AC4.1, AC5.4) keeps 503 and names the reason if the environments of a list cannot be opened', async () => {
  const { log, logger } = notes()
  const service = await startService(PRODUCTION)
  const store = { type: 'consul', url: service.url, tokenFile: '/nowhere/token', localTtlMs: 0 } as const
  const autoConfig = { key: service.key, prefix: '$CID' }
  const relay = await startRelay(configOf(service, { store, autoConfig }), { logger })
  expect(await relay.started).toEqual([])
  expect(relay.view.autoConfig).toMatchObject({
    configuration: 'none',
    lastError: { message: expect.stringContaining('/nowhere/token') },
  })
  expect(await statusOf(relay, PRODUCTION.sdkKey)).toBe(503)
  expect(log).toContainEqual(
    expect.stringMatching(
      /^error: auto-config: a change was not applied: .*\/nowhere\/token.*; next attempt in 10 s$/,
    ),
  )
})

it('(AC5.1) applies put, patch and delete, and leaves streams of other environments open', async () => {
  const service = await startService(PRODUCTION)
  const relay = await startRelay(configOf(service))
  await relay.started
  const stream = await fetch(`${relay.url}/sdk/stream`, { headers: { authorization: PRODUCTION.sdkKey } })
  const reader = stream.body?.getReader()
  await reader?.read()
  service.patch(STAGING)
  await expect.poll(() => statusOf(relay, STAGING.sdkKey), { timeout: 60_000 }).toBe(200)
  service.delete(STAGING.id)
  await expect.poll(() => statusOf(relay, STAGING.sdkKey), { timeout: 60_000 }).toBe(401)
  service.put(PRODUCTION, STAGING)
  await expect.poll(() => statusOf(relay, STAGING.sdkKey), { timeout: 60_000 }).toBe(200)
  expect(relay.view.environments.find(({ name }) => name === PRODUCTION.id)?.clients.fdv2).toBe(1)
  await reader?.cancel()
})

it('(AC5.2) ends streams of a removed environment, and leaves all 200 of another one open', async () => {
  const service = await startService(PRODUCTION, STAGING)
  const relay = await startRelay(configOf(service))
  await relay.started
  const open = async ({ sdkKey }: { readonly sdkKey: string }) => {
    const { body } = await fetch(`${relay.url}/sdk/stream`, { headers: { authorization: sdkKey } })
    if (!body) throw new Error('there is no stream')
    const reader = body.getReader()
    await reader.read()
    return reader
  }
  const removed = await Promise.all(Array.from({ length: 200 }, () => open(STAGING)))
  const kept = await Promise.all(Array.from({ length: 200 }, () => open(PRODUCTION)))
  const clients = (): readonly (readonly [string, number])[] =>
    relay.view.environments.map(({ name, clients: { fdv2 } }) => [name, fdv2])
  expect(clients()).toEqual([
    [PRODUCTION.id, 200],
    [STAGING.id, 200],
  ])
  service.delete(STAGING.id)
  const texts = await Promise.all(
    removed.map(async (reader) => {
      let text = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return text
        text += new TextDecoder().decode(value)
      }
    }),
  )
  expect(texts.every((text) => text.includes('event: goodbye'))).toBe(true)
  expect(clients()).toEqual([[PRODUCTION.id, 200]])
  await expect.poll(() => statusOf(relay, STAGING.sdkKey), { timeout: 60_000 }).toBe(401)
  expect((await ask(relay, '/sdk/flags/a', { authorization: PRODUCTION.sdkKey })).status).toBe(200)
  await Promise.all(kept.map((reader) => reader.cancel()))
})

it('(AC5.3) ends no stream at a change of names and keys, and accepts an old key until its end', async () => {
  const service = await startService(PRODUCTION)
  const relay = await startRelay(configOf(service))
  await relay.started
  const { body } = await fetch(`${relay.url}/sdk/stream`, { headers: { authorization: PRODUCTION.sdkKey } })
  const reader = body?.getReader()
  await reader?.read()
  const clients = (): number | undefined => relay.view.environments[0]?.clients.fdv2
  service.patch({ ...PRODUCTION, name: 'Live', mobileKey: 'mob-other-3c3c', ttlMinutes: 1, secureMode: true })
  await expect.poll(() => relay.view.environments[0]?.label, { timeout: 60_000 }).toBe('Shop Live')
  service.rotate(PRODUCTION.id, 'sdk-rotated-1111', Date.now() + 3_600_000)
  await expect.poll(() => statusOf(relay, 'sdk-rotated-1111'), { timeout: 60_000 }).toBe(200)
  expect([await statusOf(relay, PRODUCTION.sdkKey), clients()]).toEqual([200, 1])
  service.rotate(PRODUCTION.id, 'sdk-rotated-2222')
  await expect.poll(() => statusOf(relay, 'sdk-rotated-2222'), { timeout: 60_000 }).toBe(200)
  await expect.poll(() => statusOf(relay, 'sdk-rotated-1111'), { timeout: 60_000 }).toBe(401)
  await expect.poll(clients, { timeout: 60_000 }).toBe(0)
  await reader?.cancel()
})

it('(AC5.5) serves browsers by ID and mobile SDKs by mobile key, with secure mode and CORS', async () => {
  const service = await startService({ ...PRODUCTION, secureMode: true }, STAGING)
  const autoConfig = { key: service.key, allowedOrigins: ['https://shop.test'], allowedHeaders: ['X-Own'] }
  const relay = await startRelay(configOf(service, { autoConfig }))
  await relay.started
  const context = Buffer.from(JSON.stringify({ kind: 'user', key: 'ada' })).toString('base64url')
  const h = createHmac('sha256', PRODUCTION.sdkKey).update('ada').digest('hex')
  const browser = (id: string, query = ''): Promise<Response> =>
    fetch(`${relay.url}/sdk/evalx/${id}/contexts/${context}${query}`, {
      headers: { origin: 'https://shop.test' },
    })
  const answer = await browser(PRODUCTION.id, `?h=${h}`)
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
    200,
    'https://shop.test',
  ])
  expect(answer.headers.get('access-control-allow-headers') ?? '').toContain('X-Own')
  expect((await browser(PRODUCTION.id)).status).toBe(400)
  expect((await browser(STAGING.id)).status).toBe(200)
  expect((await browser('env-unknown')).status).toBe(404)
  const mobile = (key: string): Promise<Response> =>
    fetch(`${relay.url}/msdk/evalx/contexts/${context}`, { headers: { authorization: key } })
  expect((await mobile('mob-staging-02fe')).status).toBe(200)
  service.patch({ ...STAGING, mobileKey: 'mob-rotated-77ab' })
  await expect.poll(async () => (await mobile('mob-rotated-77ab')).status, { timeout: 60_000 }).toBe(200)
  expect((await mobile('mob-staging-02fe')).status).toBe(401)
  service.patch({ ...PRODUCTION, secureMode: false })
  await expect.poll(async () => (await browser(PRODUCTION.id)).status, { timeout: 60_000 }).toBe(200)
})

it('(AC7.1, AC7.2) shows environments by their id with their names, and selects them by id, project and key', async () => {
  const service = await startService(PRODUCTION, STAGING)
  const relay = await startRelay(configOf(service))
  await relay.started
  const { environments, autoConfigStatus, status } = await documentOf(relay)
  expect(status).toBe('healthy')
  expect(autoConfigStatus).toEqual({ state: 'VALID', stateSince: expect.any(Number) })
  expect(Object.keys(environments)).toEqual([PRODUCTION.id, STAGING.id])
  const production = {
    envId: PRODUCTION.id,
    envKey: 'production',
    envName: 'Production',
    projKey: 'shop',
    projName: 'Shop',
    status: 'connected',
  }
  expect(environments[PRODUCTION.id]).toMatchObject(production)
  for (const path of [PRODUCTION.id, `shop/${PRODUCTION.id}`, 'shop/production'])
    expect(await ask(relay, `/status/${path}`)).toMatchObject({ status: 200, body: production })
  expect((await ask(relay, '/status/other/production')).status).toBe(404)
  const expecting = '/status?expect=autoConfigStatus.state=VALID'
  expect((await ask(relay, expecting)).status).toBe(200)
})

it('(AC7.3) is degraded while the stream is interrupted, and serves on', async () => {
  const service = await startService(PRODUCTION)
  const relay = await startRelay(configOf(service, { disconnectedStatusMs: 0 }))
  await relay.started
  service.fail(503)
  await expect
    .poll(async () => (await documentOf(relay)).autoConfigStatus?.state, { timeout: 60_000 })
    .toBe('INTERRUPTED')
  expect((await documentOf(relay)).status).toBe('degraded')
  expect(await statusOf(relay, PRODUCTION.sdkKey)).toBe(200)
  expect((await ask(relay, '/readyz')).status).toBe(200)
})

it('(AC2.7) serves the first of two environments with a common key, and names the other', async () => {
  const { log, logger } = notes()
  const service = await startService(PRODUCTION, { ...STAGING, mobileKey: 'mob-production-91aa' })
  const relay = await startRelay(configOf(service), { logger })
  await relay.started
  expect(idsOf(relay)).toEqual([PRODUCTION.id])
  expect(log).toContain(
    'warn: auto-config: environment env-staging is not served: it has a key that environment env-production also has',
  )
  service.delete(PRODUCTION.id)
  await expect.poll(() => idsOf(relay), { timeout: 60_000 }).toEqual([STAGING.id])
})

it('(AC1.5) refuses other options at a reload, applies those of [Main], and names those that need a restart', async () => {
  const { log, logger } = notes()
  const service = await startService(PRODUCTION)
  const relay = await startRelay(configOf(service), { logger })
  await relay.started
  const config = configOf(service, { disconnectedStatusMs: 5 })
  await expect(relay.reload({ ...config, autoConfig: { key: 'rel-other' } })).rejects.toThrow(
    'autoConfig: expected no change (another automatic configuration needs a restart)',
  )
  await relay.reload(config)
  expect(idsOf(relay)).toEqual([PRODUCTION.id])
  expect(log.filter((line) => line.startsWith('warn:'))).toEqual([])
  const polling = 'http://127.0.0.1:9'
  await relay.reload({ ...config, endpoints: { ...config.endpoints, polling } })
  expect(log).toContain('warn: auto-config: its stream and its copy use changes of endpoints after a restart')
})

it('(AC7.4) shows no key in logs, status, metrics and the page', async () => {
  const { log, logger } = notes()
  const service = await startService(PRODUCTION, STAGING)
  const relay = await startRelay(configOf(service, { logLevel: 'debug' }), { logger })
  await relay.started
  service.rotate(STAGING.id, 'sdk-rotated-3333', Date.now() + 3_600_000)
  service.send('patch', { path: `/environments/${STAGING.id}`, data: { envID: 'sdk-rotated-4444' } })
  service.send('put', `{"data":"sdk-rotated-5555`)
  service.fail(401)
  await expect.poll(() => relay.view.autoConfig?.lastError?.status, { timeout: 60_000 }).toBe(401)
  const paths = ['/status', '/metrics', '/', '/readyz', `/status/${STAGING.id}`]
  const texts = await Promise.all(paths.map(async (path) => (await fetch(relay.url + path)).text()))
  const output = [...log, ...texts, JSON.stringify(relay.view)].join('\n')
  expect(output).toContain('env-staging')
  for (const key of [
    service.key,
    PRODUCTION.sdkKey,
    STAGING.sdkKey,
    'mob-production-91aa',
    'mob-staging-02fe',
    'sdk-rotated',
  ]) {
    expect(output).not.toContain(key)
  }
})
