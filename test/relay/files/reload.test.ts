import { rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { EnvironmentConfig } from '../../../src/relay/config/relay-config.ts'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { flagValues, folderForTest, mountConfigMap } from '../../flag-file/folder.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { openStream } from '../open-stream.ts'
import { ask, at, DEFAULTS, keyed, NOWHERE, start, upstream } from '../starting.ts'
import { FAST, fileEnvironment, poll, value } from './environment.ts'

const valueFor = async (relay: RelayServer, sdkKey: string): Promise<unknown> =>
  (await ask(relay, '/sdk/flags/a', { authorization: sdkKey })).body?.variations?.[0]

it('(FS6.4) a reload adds, restarts and removes environments of files, and leaves the others alone', async () => {
  const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((a) => fileEnvironment({ a })))
  const environment = (name: string, folder = ''): EnvironmentConfig => ({
    name,
    sdkKey: `sdk-of-${name}`,
    files: [folder],
    fileIntervalMs: FAST,
  })
  const config = { ...DEFAULTS, endpoints: NOWHERE }
  const relay = await start({ ...config, environments: [environment('one', one?.folder)] })
  expect(await relay.started).toEqual([])
  const before = {
    ...config,
    environments: [environment('one', one?.folder), environment('two', two?.folder)],
  }
  await relay.reload(before)
  await expect.poll(() => valueFor(relay, 'sdk-of-two')).toBe('two')
  const stream = await openStream(relay, '/sdk/stream', 'sdk-of-one')
  await relay.reload({
    ...config,
    environments: [environment('one', one?.folder), environment('two', three?.folder)],
  })
  await expect.poll(() => valueFor(relay, 'sdk-of-two')).toBe('three')
  await relay.reload({ ...config, environments: [environment('one', one?.folder)] })
  expect((await ask(relay, '/sdk/poll', { authorization: 'sdk-of-two' })).status).toBe(401)
  await one?.save({ a: 'still there' })
  await expect.poll(() => stream.text).toContain('still there')
  expect(stream.hasEnded).toBe(false)
})

it('(FS6.4) an environment can move from LaunchDarkly to files by a reload', async () => {
  const service = await upstream('live')
  const files = await fileEnvironment({ a: 'file' })
  const config = { ...DEFAULTS, endpoints: at(service) }
  const relay = await start({ ...config, environments: [{ name: 'test', sdkKey: SDK_KEY }] })
  await relay.started
  expect(await value(relay)).toBe('live')
  const { state } = await poll(relay)
  await relay.reload({ ...config, environments: [{ name: 'test', sdkKey: SDK_KEY, files: [files.folder] }] })
  await expect.poll(() => value(relay).catch(() => undefined)).toBe('file')
  expect(await poll(relay, state)).toMatchObject({ intent: 'xfer-full' })
})

it('(FS4.3) follows a mounted config map, a file replaced by rename, and one that is truncated while it is written', async () => {
  const folder = await folderForTest()
  await mountConfigMap(folder, 'v1', { 'flags.json': flagValues({ a: 'v1' }) })
  const files = await fileEnvironment({ b: 'b' })
  const relay = await files.start({ files: [folder, files.folder] })
  expect(await value(relay)).toBe('v1')
  await mountConfigMap(folder, 'v2', { 'flags.json': flagValues({ a: 'v2' }) })
  await expect.poll(() => value(relay)).toBe('v2')
  await files.save({ b: 'renamed' })
  await expect.poll(() => value(relay, 'b')).toBe('renamed')
  const path = join(files.folder, 'flags.json')
  await truncate(path, 5)
  await expect.poll(() => relay.view.environments[0]?.source.state).toBe('interrupted')
  expect([await value(relay), await value(relay, 'b')]).toEqual(['v2', 'renamed'])
  await writeFile(path, flagValues({ b: 'written' }))
  await expect.poll(() => value(relay, 'b')).toBe('written')
})

it('(FS4.4) a folder that vanishes or becomes empty leaves its last good data, and is followed when it is back', async () => {
  const files = await fileEnvironment({ a: 1 })
  const relay = await files.start()
  const problem = (): unknown => relay.view.environments[0]?.source.lastError?.message
  await rename(files.folder, `${files.folder}-away`)
  await expect.poll(problem).toContain(`${files.folder}: cannot be read: ENOENT`)
  expect(await value(relay)).toBe(1)
  await rename(`${files.folder}-away`, files.folder)
  await expect.poll(() => relay.view.environments[0]?.source.state).toBe('valid')
  await rm(join(files.folder, 'flags.json'))
  await expect.poll(problem).toContain(`${files.folder}: the folder has no flag file`)
  expect(await value(relay)).toBe(1)
  await files.save({ a: 2 })
  await expect.poll(() => value(relay)).toBe(2)
})

it('(FS4.5) serves hostile names and values unchanged', async () => {
  const names = [
    '__proto__',
    'constructor',
    '',
    ' ',
    '\u202e<script>',
    '\u0000\u001b[31m',
    'x'.repeat(10_000),
    'a/b?c#d',
    '\ud83d\ude00',
  ]
  const files = await fileEnvironment({ placeholder: 1 })
  const entries = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(name)}`)
  await files.saveText(`{"flagValues":{${entries.join()}}}`)
  const relay = await files.start()
  const { body } = await ask(relay, '/sdk/poll', keyed)
  const puts = (body.events as { data: { key?: string; object?: { variations: unknown[] } } }[]).filter(
    ({ data }) => data.object,
  )
  expect(puts.map(({ data }) => [data.key, data.object?.variations[0]])).toEqual(
    names.map((name) => [name, name]),
  )
  const text = await (await fetch(`${relay.url}/sdk/latest-all`, { headers: keyed })).text()
  for (const entry of names) expect(text).toContain(`${JSON.stringify(entry)}:{`)
})
