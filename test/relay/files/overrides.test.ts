import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import { notes, type Served, serve } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { put } from '../../support/origin.ts'
import { constant } from '../../support/stored.ts'
import { ask, at, keyed, silent, start } from '../starting.ts'
import { FAST, type FileEnvironment, fileEnvironment, poll, value } from './environment.ts'

const FLAGS = { a: constant('a', 5, 'live'), b: constant('b', 5, 'live') }
const ENV_ID = 'env-with-overrides'

async function relayOver(
  service: Served,
  files: FileEnvironment | undefined,
  environment: Partial<EnvironmentConfig> = {},
  relay: Partial<RelayConfig> = {},
  options: Partial<RelayServerOptions> = {},
): Promise<RelayServer> {
  const overriding = files && { overrideFiles: [files.folder], fileIntervalMs: FAST }
  const config = { name: 'test', sdkKey: SDK_KEY, envId: ENV_ID, ...overriding, ...environment }
  const server = await start({ endpoints: at(service), environments: [config], ...relay }, options)
  expect(await server.started).toEqual([])
  return server
}

it('(FS7.1) overrides reach FDv2, FDv1 and evaluated flags, and so does their end', async () => {
  const service = await serve({ flags: FLAGS })
  const files = await fileEnvironment({ a: 'over', only: 'over' })
  const relay = await relayOver(service, files)
  const uris = { baseUri: relay.url, streamUri: relay.url, sendEvents: false, logger: silent }
  const clients = [
    init(SDK_KEY, { ...uris, dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } } }),
    init(SDK_KEY, uris),
    createClient(SDK_KEY, {
      dataSystem: presets.streaming(),
      endpoints: { polling: relay.url, streaming: relay.url },
      logger: silent,
    }),
  ]
  onTestFinished(async () => {
    for (const client of clients) await client.close()
  })
  const context = { kind: 'user', key: 'u' } as const
  const evaluated = async (): Promise<unknown> => {
    const encoded = Buffer.from(JSON.stringify(context)).toString('base64url')
    const { body } = await ask(relay, `/sdk/evalx/contexts/${encoded}`, keyed)
    return [body.a?.value, body.only?.value ?? 'none']
  }
  const values = async (): Promise<unknown> => {
    const seen = clients.map(async (client) => [
      await client.variation('a', context, 'none'),
      await client.variation('only', context, 'none'),
    ])
    return Promise.all([...seen, evaluated()])
  }
  const all = (...expected: readonly string[]): unknown => Array.from({ length: 4 }, () => expected)
  await expect.poll(values).toEqual(all('over', 'over'))
  await files.save({ a: 'changed', only: 'over' })
  await expect.poll(values).toEqual(all('changed', 'over'))
  await files.save({})
  await expect.poll(values).toEqual(all('live', 'none'))
  // A change of the service has a smaller version than the restored flag.
  service.change(put('a', 6, constant('a', 6, 'next')))
  await expect.poll(values).toEqual(all('next', 'none'))
  await files.save({ a: 'again' })
  await expect.poll(values).toEqual(all('again', 'none'))
})

it('(FS7.2) changes of overrides, and of the data below, are deltas; an overridden flag hides those below', async () => {
  const service = await serve({ flags: FLAGS })
  const files = await fileEnvironment({ a: 'over' })
  const relay = await relayOver(service, files)
  const first = await poll(relay)
  service.change(put('a', 6, constant('a', 6, 'hidden')))
  service.change(put('b', 6, constant('b', 6, 'seen')))
  await expect.poll(() => value(relay, 'b')).toBe('seen')
  const second = await poll(relay, first.state)
  expect(second).toMatchObject({ intent: 'xfer-changes', keys: ['put-object b'] })
  await files.save({})
  await expect.poll(() => value(relay)).toBe('hidden')
  const third = await poll(relay, second.state)
  expect(third).toMatchObject({ intent: 'xfer-changes', keys: ['put-object a'] })
  expect(third.versions[0]).toBeGreaterThan(1_700_000_000)
  expect(await poll(relay, first.state)).toMatchObject({ intent: 'xfer-changes' })
})

it('(FS7.3) the state names the overrides, so that relays with others do not mix, and relays with the same agree', async () => {
  const service = await serve({ flags: FLAGS })
  const files = await fileEnvironment({ a: 'over' })
  const others = await fileEnvironment({ a: 'other' })
  const without = await poll(await relayOver(service, undefined))
  const empty = await relayOver(service, await fileEnvironment({}))
  expect(await poll(empty, without.state)).toMatchObject({ intent: 'none' })
  const relay = await relayOver(service, files)
  const state = (await poll(relay)).state
  expect(state.startsWith(`${without.state}+halyard-file:`)).toBe(true)
  expect(await poll(await relayOver(service, files), state)).toMatchObject({ intent: 'none' })
  expect(await poll(await relayOver(service, others), state)).toMatchObject({ intent: 'xfer-full' })
  expect(await poll(empty, state)).toMatchObject({ intent: 'xfer-full' })
  // The restored flag has another version than with a relay that never had the override.
  await files.save({})
  await expect.poll(() => value(relay)).toBe('live')
  expect(await poll(relay, state)).toMatchObject({ intent: 'xfer-changes' })
  expect(await poll(relay, without.state)).toMatchObject({ intent: 'xfer-full' })
})

it('(FS7.4) nothing is served before the overrides were read, and an invalid file leaves the last good ones', async () => {
  const { log, logger } = notes()
  const service = await serve({ flags: FLAGS })
  const files = await fileEnvironment({ a: 'over' })
  const relay = await relayOver(service, files, {}, {}, { logger })
  expect(await value(relay)).toBe('over')
  const overrides = (): unknown => relay.view.environments[0]?.overrides
  expect(overrides()).toEqual({ flags: 1, segments: 0 })
  await files.saveText('{', 'bad.json')
  await expect.poll(overrides).toMatchObject({ flags: 1, error: expect.stringContaining('bad.json:1:2') })
  expect(await value(relay)).toBe('over')
  expect((await ask(relay, '/status')).body.environments.test).toMatchObject({
    overrides: { state: 'INTERRUPTED', flags: 1, segments: 0 },
    connectionStatus: { state: 'VALID' },
  })
  await files.saveText('{}', 'bad.json')
  await expect.poll(overrides).toEqual({ flags: 1, segments: 0 })
  expect(log.filter((line) => line.includes('overrides:'))).toEqual([
    'warn: test: overrides: local files replace 1 flag and 0 segments: a for all clients',
    expect.stringMatching(
      /^error: test: overrides: the files cannot be used: .*bad\.json:1:2: .*the last good overrides stay in force \(1 flag and 0 segments: a\)$/,
    ),
    'warn: test: overrides: local files replace 1 flag and 0 segments: a for all clients',
  ])
  // Without a good file at the start, the data below is served.
  await files.saveText('{', 'bad.json')
  const second = await relayOver(service, files)
  expect(await value(second)).toBe('live')
  await files.saveText('{}', 'bad.json')
  await expect.poll(() => value(second)).toBe('over')
})

it('(FS7.5) overrides lie over files, too', async () => {
  const service = await serve({ flags: FLAGS })
  const files = await fileEnvironment({ a: 'file', b: 'file' })
  const overriding = await fileEnvironment({ a: 'over' })
  const relay = await relayOver(service, overriding, { files: [files.folder] })
  expect([await value(relay, 'a'), await value(relay, 'b')]).toEqual(['over', 'file'])
  const { state } = await poll(relay)
  await files.save({ a: 'file', b: 'new' })
  await expect.poll(() => value(relay, 'b')).toBe('new')
  expect(await poll(relay, state)).toMatchObject({ intent: 'xfer-changes', keys: ['put-object b'] })
})

it('(FS7.6) a snapshot holds the data without overrides', async () => {
  const service = await serve({ flags: FLAGS })
  const files = await fileEnvironment({ a: 'over', only: 'over' })
  const relay = await relayOver(service, files, {}, { snapshotDirectory: files.folder })
  expect(await value(relay)).toBe('over')
  await relay.close()
  const later = await relayOver(service, undefined, {}, { snapshotDirectory: files.folder })
  expect([await value(later), await value(later, 'only')]).toEqual(['live', undefined])
  await writeFile(join(files.folder, 'flags.json'), '{}')
})
