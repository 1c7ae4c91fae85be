import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Transport } from '../../../src/transport/transport.ts'
import { notes } from '../../client/starting.ts'
import { ask, EVENT_DEFAULTS, keyed } from '../starting.ts'
import { fileEnvironment, poll, value } from './environment.ts'

const ENV_ID = 'env-of-files'

it('(FS1.1) serves flags, goals and events of a file environment without a request to LaunchDarkly', async () => {
  const asked: string[] = []
  const transport: Transport = {
    request({ url }) {
      asked.push(url)
      return Promise.reject(new Error('there is no service'))
    },
    close: () => Promise.resolve(),
  }
  const files = await fileEnvironment({ a: 1 })
  const relay = await files.start(
    { envId: ENV_ID },
    { events: { ...EVENT_DEFAULTS, send: true, flushIntervalMs: 1 } },
    { common: { transport } },
  )
  expect(await poll(relay)).toMatchObject({ intent: 'xfer-full', keys: ['put-object a'] })
  expect((await ask(relay, `/sdk/goals/${ENV_ID}`)).body).toEqual([])
  const event = { kind: 'custom', key: 'clicked', creationDate: 1, context: { kind: 'user', key: 'u' } }
  const headers = { ...keyed, 'content-type': 'application/json', 'x-launchdarkly-event-schema': '4' }
  const posted = await fetch(`${relay.url}/bulk`, { method: 'POST', headers, body: JSON.stringify([event]) })
  expect(posted.status).toBe(202)
  expect((await ask(relay, '/status')).body).toMatchObject({
    status: 'healthy',
    environments: { test: { connectionStatus: { state: 'VALID' } } },
  })
  await relay.close()
  expect(asked).toEqual([])
})

it('(FS1.2) merges files and folders in order; the later ones win', async () => {
  const files = await fileEnvironment({ a: 'flags', b: 'flags', c: 'flags' })
  await files.save({ b: 'more', c: 'more' }, 'more.json')
  const last = join(files.folder, '.last.json')
  await writeFile(last, '{"flagValues":{"c":"last"}}')
  const relay = await files.start({ files: [files.folder, last] })
  expect(await Promise.all(['a', 'b', 'c'].map((key) => value(relay, key)))).toEqual([
    'flags',
    'more',
    'last',
  ])
})

it('(FS4.1) an invalid file interrupts the environment, keeps the last good data, and causes one line in the log', async () => {
  const { log, logger } = notes()
  const files = await fileEnvironment({ a: 1 })
  const relay = await files.start({}, {}, { logger })
  await files.saveText('{"flags":{"b":{"on":"yes"}}}', 'bad.json')
  const state = (): unknown => relay.view.environments[0]?.source.state
  await expect.poll(state).toBe('interrupted')
  expect(await value(relay)).toBe(1)
  await files.save({ a: 2 })
  await files.saveText('{"flags":{"b":{"on":"no"}}}', 'bad.json')
  await expect.poll(() => relay.view.environments[0]?.source.lastError?.message).toContain('"no"')
  expect(await value(relay)).toBe(1)
  await files.saveText('{"flags":{"b":{"on":true}}}', 'bad.json')
  await expect.poll(state).toBe('valid')
  expect(await value(relay)).toBe(2)
  const bad = log.filter((line) => line.includes('bad.json:1:16: flags.b.on: expected true or false'))
  expect(bad).toHaveLength(2)
  expect(bad[0]).toContain('last good data stays served')
})

it('(FS4.7) a start waits for the first read of its files and overrides, however short initTimeout is', async () => {
  const values = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`flag-${index}`, index]))
  const files = await fileEnvironment(values)
  const overrides = await fileEnvironment({ ...values, 'flag-1': 'over' })
  const relay = await files.start({ overrideFiles: [overrides.folder] }, { initTimeoutMs: 1 })
  expect(await relay.started).toEqual([])
  expect(await value(relay, 'flag-1')).toBe('over')
})
