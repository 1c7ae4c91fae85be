import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import type { EnvironmentConfig } from '../../src/relay/config/relay-config.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { notes } from '../client/starting.ts'
import { put } from '../support/origin.ts'
import { constant } from '../support/stored.ts'
import { startKeyedService } from './keyed-service.ts'
import { openStream } from './open-stream.ts'
import { ask, DEFAULTS, NOWHERE, silent, start } from './starting.ts'

const [OLD, NEW] = ['sdk-old-7f3a', 'sdk-new-b102']
const USER = { kind: 'user', key: 'u-1' } as const
const HOUR = 3_600_000
const content = { flags: { a: constant('a', 1, 'one') } }

const environment = (rest: Partial<EnvironmentConfig> = {}): EnvironmentConfig => ({
  name: 'test',
  sdkKey: OLD,
  ...rest,
})

const statusOf = async (relay: RelayServer, authorization: string): Promise<number> =>
  (await ask(relay, '/sdk/latest-all', { authorization })).status

/** Returns the number of FDv1 streams that clients have opened since the start of the relay. */
async function streamsOpened({ url }: RelayServer): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const samples = text.matchAll(/^halyard_relay_requests_total\{.*route="\/all".*\} (\d+)$/gm)
  return Array.from(samples, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0)
}

it("(S206.1) a rotation does not interrupt LaunchDarkly's SDK, whose key has an end date", async () => {
  const service = await startKeyedService(content, [OLD, NEW])
  const config = { ...DEFAULTS, endpoints: service.endpoints }
  const relay = await start({ ...config, environments: [environment()] })
  await relay.started
  const client = init(OLD, { baseUri: relay.url, streamUri: relay.url, sendEvents: false, logger: silent })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })

  const moreSdkKeys = [{ value: OLD, until: Date.now() + HOUR }]
  await relay.reload({ ...config, environments: [environment({ sdkKey: NEW, moreSdkKeys })] })
  await expect.poll(() => service.streams).toEqual([NEW])
  service.keys.delete(OLD)
  service.change(put('a', 2, constant('a', 2, 'two')))
  await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('two')
  expect(await streamsOpened(relay)).toBe(1)
  expect([await statusOf(relay, OLD), await statusOf(relay, NEW)]).toEqual([200, 200])
})

it('(S206.2) asks the service with the new key at once, also after the former key was refused', async () => {
  const service = await startKeyedService(content, [OLD])
  const config = { ...DEFAULTS, endpoints: service.endpoints }
  const relay = await start({ ...config, environments: [environment({ envId: 'env-1' })] })
  await relay.started
  await expect.poll(() => service.streams).toEqual([OLD])
  // A mistake: the service does not know this key. The data stays.
  await relay.reload({ ...config, environments: [environment({ envId: 'env-1', sdkKey: 'sdk-wrong' })] })
  await expect.poll(() => relay.view.environments[0]?.source.state).toBe('off')
  expect(await statusOf(relay, 'sdk-wrong')).toBe(200)
  service.keys.add(NEW)
  await relay.reload({ ...config, environments: [environment({ envId: 'env-1', sdkKey: NEW })] })
  await expect.poll(() => service.streams).toEqual([NEW])
  await expect.poll(() => relay.view.environments[0]?.source.state).toBe('valid')
})

it('(S206.3) a removed key without an end date ends its streams at once, and no others', async () => {
  const service = await startKeyedService(content, [OLD, NEW])
  const config = { ...DEFAULTS, endpoints: service.endpoints }
  const both = environment({ moreSdkKeys: [{ value: NEW }] })
  const relay = await start({ ...config, environments: [both] })
  await relay.started
  const streams = await Promise.all(
    [OLD, NEW].flatMap((key) => ['/sdk/stream', '/all'].map((path) => openStream(relay, path, key))),
  )
  await relay.reload({ ...config, environments: [environment({ sdkKey: NEW })] })
  await expect.poll(() => streams.map(({ hasEnded }) => hasEnded)).toEqual([true, true, false, false])
  expect(streams[0]?.text.trimEnd().split('\n\n').at(-1)).toMatch(
    /^event: goodbye\ndata: \{.*not valid any more/,
  )
  expect([await statusOf(relay, OLD), await statusOf(relay, NEW)]).toEqual([401, 200])
  service.change(put('a', 2, constant('a', 2, 'two')))
  for (const { text } of streams.slice(2)) expect.soft(text).not.toContain('goodbye')
  await expect.poll(() => streams.slice(2).every(({ text }) => text.includes('"two"'))).toBe(true)
})

it('(S206.1) an environment gets a client-side ID and a mobile key while its streams continue', async () => {
  const service = await startKeyedService(content, [OLD])
  const config = { ...DEFAULTS, endpoints: service.endpoints }
  const relay = await start({ ...config, environments: [environment()] })
  await relay.started
  const stream = await openStream(relay, '/all', OLD)
  const clients = ['/ping/env-1', '/mping']
  const statuses = () =>
    Promise.all(clients.map(async (path) => (await openStream(relay, path, 'mob-1')).status))
  expect(await statuses()).toEqual([404, 401])
  await relay.reload({ ...config, environments: [environment({ envId: 'env-1', mobileKey: 'mob-1' })] })
  expect(await statuses()).toEqual([200, 200])
  service.change(put('a', 2, constant('a', 2, 'two')))
  await expect.poll(() => stream.text).toContain('"two"')
  expect(service.requests.filter((line) => line.startsWith('/sdk/stream'))).toHaveLength(1)
})

it('(S206.4) an environment whose key and ID have nothing in common with the former ones starts again', async () => {
  const first = await startKeyedService(content, [OLD])
  const config = { ...DEFAULTS, endpoints: first.endpoints, initTimeoutMs: 200 }
  const relay = await start({ ...config, environments: [environment()] })
  await relay.started
  await relay.reload({ ...config, environments: [environment({ sdkKey: 'sdk-of-another-environment' })] })
  // The service does not know the key, and clients must not receive the data of the former environment.
  expect(await statusOf(relay, 'sdk-of-another-environment')).toBe(503)
})

it('(S206.5) a key can move from one environment to another', async () => {
  const service = await startKeyedService(content, [OLD, NEW, 'sdk-3'])
  const config = { ...DEFAULTS, endpoints: service.endpoints }
  const first = { name: 'first', sdkKey: OLD, moreSdkKeys: [{ value: 'sdk-3' }], projKey: 'one' }
  const second = { name: 'second', sdkKey: NEW, projKey: 'two' }
  for (const environments of [
    [first, second],
    [second, first],
  ]) {
    const relay = await start({ ...config, environments })
    await relay.started
    const moved = await openStream(relay, '/all', 'sdk-3')
    const other = await openStream(relay, '/all', OLD)
    const { moreSdkKeys, ...without } = first
    const after = environments.map((each) => (each.name === 'first' ? without : { ...second, moreSdkKeys }))
    await relay.reload({ ...config, environments: after })
    await expect.poll(() => moved.hasEnded).toBe(true)
    expect(await statusOf(relay, 'sdk-3')).toBe(200)
    expect(other.hasEnded).toBe(false)
    await openStream(relay, '/all', 'sdk-3')
    expect(relay.view.environments.find(({ name }) => name === 'second')?.clients.fdv1).toBe(1)
  }
})

it('(S207.1) a restart with the new key alone resumes from the snapshot that the former key began', async () => {
  const snapshotDirectory = mkdtempSync(join(tmpdir(), 'halyard-rotation-'))
  onTestFinished(() => rmSync(snapshotDirectory, { recursive: true, force: true }))
  const service = await startKeyedService(content, [OLD, NEW])
  const config = { ...DEFAULTS, snapshotDirectory, endpoints: service.endpoints }
  const relay = await start({ ...config, environments: [environment()] })
  await relay.started
  await expect.poll(() => readdirSync(snapshotDirectory)).toHaveLength(1)
  const moreSdkKeys = [{ value: OLD, until: Date.now() + HOUR }]
  await relay.reload({ ...config, environments: [environment({ sdkKey: NEW, moreSdkKeys })] })
  const state = (await ask(relay, '/sdk/poll', { authorization: NEW })).body.events.at(-1).data
    .state as string
  await relay.close()
  const after = { ...config, endpoints: NOWHERE, environments: [environment({ sdkKey: NEW })] }
  const next = await start(after)
  expect(await next.started).toEqual([])
  const { body } = await ask(next, `/sdk/poll?basis=${encodeURIComponent(state)}`, { authorization: NEW })
  expect(body.events[0].data.payloads[0].intentCode).toBe('none')
  expect(readdirSync(snapshotDirectory)).toHaveLength(1)
})

it('(S208.4) a key that expires ends its streams with a goodbye, and others stay', async () => {
  const epoch = Date.UTC(2026, 11, 31)
  const clock = new VirtualClock(epoch)
  const source = (): Synchronizer => ({
    name: 'scripted',
    async *sync(_basis, signal) {
      const selector = { state: 'state-1', version: 1 }
      yield {
        type: 'changeSet',
        changeSet: { type: 'full', changes: [put('a', 1, constant('a', 1, 'one'))], selector },
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const { log, logger } = notes()
  const environments = [
    environment({
      sdkKey: NEW,
      moreSdkKeys: [{ value: OLD, until: epoch + HOUR }],
      mobileKey: 'mob-new-7f3a',
      moreMobileKeys: [{ value: 'mob-old-7f3a', until: epoch + HOUR }],
    }),
  ]
  const relay = await start({ environments, heartbeatMs: 10 * HOUR }, { clock, logger, sourceOf: source })
  await relay.started
  const open = (path: string, keys: readonly string[]) =>
    Promise.all(keys.map((key) => openStream(relay, path, key)))
  const streams = [
    ...(await open('/sdk/stream', [OLD, NEW])),
    ...(await open('/all', [OLD, NEW])),
    ...(await open('/mping', ['mob-old-7f3a', 'mob-new-7f3a'])),
  ]
  await clock.advance(HOUR - 1)
  await expect.poll(() => streams.every(({ text }) => text !== '')).toBe(true)
  expect(streams.map(({ hasEnded }) => hasEnded)).toEqual([false, false, false, false, false, false])
  const { body } = await ask(relay, '/status')
  expect(body.environments.test).toMatchObject({
    sdkKey: '***-***-b102',
    expiringSdkKey: '***-***-7f3a',
    additionalSdkKeys: [{ value: '***-***-7f3a', expiry: epoch + HOUR }],
    mobileKey: '***-***-7f3a',
    additionalMobileKeys: [{ value: '***-***-7f3a', expiry: epoch + HOUR }],
  })
  await clock.advance(1)
  await expect
    .poll(() => streams.map(({ hasEnded }) => hasEnded))
    .toEqual([true, false, true, false, true, false])
  expect(streams[0]?.text).toMatch(
    /event: payload-transferred\ndata: [^\n]*\n\nevent: goodbye\ndata: [^\n]*\n\n$/,
  )
  expect([await statusOf(relay, OLD), await statusOf(relay, NEW)]).toEqual([401, 200])
  expect((await ask(relay, '/mping', { authorization: 'mob-old-7f3a' })).status).toBe(401)
  const expired = log.filter((line) => line.includes('expired'))
  expect(expired).toEqual([
    'info: test: keys: SDK key ***-***-7f3a has expired: its streams end, and requests with it get 401',
    'info: test: keys: mobile key ***-***-7f3a has expired: its streams end, and requests with it get 401',
  ])
})
