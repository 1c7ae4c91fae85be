import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer, RelayServerOptions } from '../../../src/relay/relay.ts'
import { notes } from '../../client/starting.ts'
import { folderForTest } from '../../flag-file/folder.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { RestartableServer } from '../../support/restartable-server.ts'
import { NOWHERE, start } from '../starting.ts'
import { FAST, fileEnvironment, poll, value } from './environment.ts'

interface Web extends Pick<RestartableServer, 'start' | 'stop'> {
  readonly url: string
  flags: Readonly<Record<string, unknown>>
}

/** Starts a server with a flag file. */
async function web(flags: Web['flags']): Promise<Web> {
  const server = new RestartableServer((_request, response) => {
    response.end(JSON.stringify({ flagValues: served.flags }))
  })
  await server.start()
  onTestFinished(() => server.stop())
  const served: Web = {
    get url() {
      return `${server.url}/flags.json`
    },
    start: () => server.start(),
    stop: () => server.stop(),
    flags,
  }
  return served
}

async function relayOf(
  urls: readonly string[],
  environment: Partial<EnvironmentConfig> = {},
  relay: Partial<RelayConfig> = {},
  options: Partial<RelayServerOptions> = {},
): Promise<RelayServer> {
  const config = {
    name: 'test',
    sdkKey: SDK_KEY,
    urls,
    urlIntervalMs: FAST,
    fileIntervalMs: FAST,
    ...environment,
  }
  const server = await start({ endpoints: NOWHERE, environments: [config], ...relay }, options)
  await server.started
  return server
}

const state = (relay: RelayServer): unknown => relay.view.environments[0]?.source.state

it('(FS5.7) merges URLs in order, then files, and applies changes of each', async () => {
  const [one, two] = [await web({ a: 'one', b: 'one', c: 'one' }), await web({ b: 'two', c: 'two' })]
  const files = await fileEnvironment({ c: 'file' })
  const relay = await relayOf([one.url, two.url], { files: [files.folder] })
  const values = (): Promise<unknown> => Promise.all(['a', 'b', 'c'].map((key) => value(relay, key)))
  expect(await values()).toEqual(['one', 'two', 'file'])
  one.flags = { a: 'changed', b: 'one' }
  await expect.poll(values).toEqual(['changed', 'two', 'file'])
  await files.save({})
  await expect.poll(values).toEqual(['changed', 'two', 'two'])
})

it('(FS5.8) keeps the last good content of a URL that fails, and applies changes of the others meanwhile', async () => {
  const { log, logger } = notes()
  const served = await web({ a: 1, b: 1 })
  const files = await fileEnvironment({ c: 1 })
  const relay = await relayOf([served.url], { files: [files.folder] }, {}, { logger })
  const before = await poll(relay)
  await served.stop()
  await expect.poll(() => state(relay)).toBe('interrupted')
  await files.save({ c: 2 })
  await expect.poll(() => value(relay, 'c')).toBe(2)
  expect(await poll(relay, before.state)).toMatchObject({ intent: 'xfer-changes', keys: ['put-object c'] })
  expect(state(relay)).toBe('interrupted')
  await served.start()
  await expect.poll(() => state(relay)).toBe('valid')
  expect(log.filter((line) => line.includes(`${served.url}: `)).length).toBeLessThanOrEqual(2)
})

it('(FS5.9) serves the stored content if the URL cannot be read after a restart, and begins with nothing otherwise', async () => {
  const served = await web({ a: 'stored' })
  const snapshotDirectory = await folderForTest()
  const first = await relayOf([served.url], {}, { snapshotDirectory })
  const before = await poll(first)
  await first.close()
  await served.stop()
  const second = await relayOf([served.url], {}, { snapshotDirectory, initTimeoutMs: 2_000 })
  expect(await value(second)).toBe('stored')
  expect(second.view.environments[0]).toMatchObject({ serving: 'stored' })
  expect(await poll(second, before.state)).toMatchObject({ intent: 'none' })
  served.flags = { a: 'new' }
  await served.start()
  await expect.poll(() => value(second)).toBe('new')
  expect(await poll(second, before.state)).toMatchObject({ intent: 'xfer-changes' })
  await served.stop()
  const third = await relayOf([served.url], {}, { initTimeoutMs: 500 })
  expect(await third.started).toEqual(['test'])
})

it('(FS4.2) a start does not wait for a file that cannot be used', async () => {
  const missing = join(await folderForTest(), 'missing.json')
  const config = { name: 'test', sdkKey: SDK_KEY, files: [missing] }
  const relay = await start({ initTimeoutMs: 3_600_000, endpoints: NOWHERE, environments: [config] })
  expect(await relay.started).toEqual(['test'])
  expect(relay.view.environments[0]?.source.lastError?.message).toContain(
    `${missing}: cannot be read: ENOENT`,
  )
})

it('(FS4.7) a start waits longer than initTimeout for files that are being read', async () => {
  const files = await fileEnvironment({ a: 1 })
  const relay = await files.start({}, { initTimeoutMs: 1 })
  expect(await relay.started).toEqual([])
  expect(await value(relay)).toBe(1)
})
