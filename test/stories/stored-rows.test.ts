import { OpenFeature } from '@openfeature/server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { presets } from '../../src/config/presets.ts'
import { REPLACED, writeSidecar } from '../../src/layout/sidecar.ts'
import { HalyardProvider } from '../../src/openfeature/index.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { startOrigin, status } from '../support/origin.ts'
import { store, USER } from '../support/stored.ts'

interface Refused {
  readonly client: FlagClient
  readonly options: ClientOptions
  readonly log: readonly string[]
}

/** Starts a client with a database and a service that refuses the key. */
async function refused(database: MemoryDatabase, mode: 'on' | 'off'): Promise<Refused> {
  const origin = await startOrigin()
  for (const route of [origin.poll, origin.stream, origin.fdv1.poll, origin.fdv1.stream]) {
    route.always(status(401))
  }
  const log: string[] = []
  const write = (message: string): void => void log.push(message)
  const options: ClientOptions = {
    dataSavingMode: mode === 'on',
    dataSystem: presets.persistentStore(database.description()),
    endpoints: origin.endpoints,
    logger: { debug: write, info: write, warn: write, error: write },
  }
  const client = createClient('sdk-key', options)
  onTestFinished(() => client.close())
  return { client, options, log }
}

/** Returns a database with the row and the marker of another SDK. */
function filled(): MemoryDatabase {
  const database = new MemoryDatabase()
  store(database, 'a', 1, 'stored')
  database.marker = true
  return database
}

it.each(['on', 'off'] as const)(
  '(S182, D22) reports unconfirmed rows as `cached` before any evaluation, data saving mode %s',
  async (mode) => {
    const { client, log } = await refused(filled(), mode)
    const answer = await client.waitForInitialization({ timeoutMs: 10_000 })
    expect(answer).toMatchObject({ availability: 'cached', reason: 'off' })
    expect(log.join('\n')).toContain('stored data is served')
    expect(log.join('\n')).not.toContain('nothing to serve yet')
    expect(await client.variation('a', USER, 'fallback')).toBe('stored')
    expect(log.filter((line) => line.startsWith('evaluating data'))).toEqual([
      'evaluating data of unknown age: no source has confirmed it yet',
    ])
  },
)

it('(S182) reports an empty database as `defaults`, and logs that there is no data', async () => {
  const { client, log } = await refused(new MemoryDatabase(), 'on')
  expect(await client.waitForInitialization({ timeoutMs: 10_000 })).toMatchObject({
    availability: 'defaults',
  })
  expect(log.join('\n')).toContain('nothing to serve yet')
})

it('(S183) logs the age of the rows if the writer stored the time', async () => {
  const database = filled()
  const savedAt = Date.now() - 7_200_000
  const sidecar = { keyFingerprint: 'f', generation: 'g', revision: 1, notice: REPLACED, digest: '' }
  database.damage({ sidecar: writeSidecar({ ...sidecar, savedAt }) })
  const { client, log } = await refused(database, 'on')
  await client.waitForInitialization({ timeoutMs: 10_000 })
  await client.variation('a', USER, 'fallback')
  expect(log.join('\n')).toMatch(/evaluating data saved 72\d\d s ago: no source has confirmed it yet/)
})

it('(S182, S63) serves stored rows in an OpenFeature provider, which is not ready without rows', async () => {
  const domain = 'stored rows'
  onTestFinished(() => OpenFeature.clearProviders())
  const { options } = await refused(filled(), 'on')
  await OpenFeature.setProviderAndWait(domain, new HalyardProvider('sdk-key', options))
  expect(await OpenFeature.getClient(domain).getStringValue('a', 'fallback', { targetingKey: 'u' })).toBe(
    'stored',
  )
  const empty = await refused(new MemoryDatabase(), 'on')
  await expect(
    OpenFeature.setProviderAndWait(domain, new HalyardProvider('sdk-key', empty.options)),
  ).rejects.toThrow(/no source is left/)
})

it('(S182, S63) fails the initialization of a provider in daemon mode if the database refuses, with the reason', async () => {
  const domain = 'refused rows'
  onTestFinished(() => OpenFeature.clearProviders())
  const database = filled()
  database.fail('refuse')
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const options = { dataSystem: presets.daemon(database.description()), logger }
  await expect(
    OpenFeature.setProviderAndWait(domain, new HalyardProvider('sdk-key', options)),
  ).rejects.toThrow(/store: the database wants a password/)
})
