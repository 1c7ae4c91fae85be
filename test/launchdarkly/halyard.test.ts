import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { init, type LDOptions } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import { halyard } from '../../src/launchdarkly/index.ts'
import { ConfigError } from '../../src/model/errors.ts'
import { endWithTest } from '../support/child.ts'
import { full, LiveStream, put, silence, startOrigin } from '../support/origin.ts'
import { bridge, SDK_KEY, silent } from './bridged.ts'

it('(S50) sends requests with the key, addresses, application and wrapper of the SDK', async () => {
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(full('A')).answer)
  const bridged = bridge({
    plan: presets.streaming(),
    sdk: {
      baseUri: origin.url,
      streamUri: `${origin.url}/`,
      application: { id: 'shop', version: '1.2' },
      wrapperName: 'spree',
      wrapperVersion: '3',
    },
  })
  await bridged.client.waitForInitialization({ timeout: 60 })
  expect(origin.stream.received[0]?.headers).toMatchObject({
    authorization: SDK_KEY,
    'x-launchdarkly-tags': 'application-id/shop application-version/1.2',
    'x-launchdarkly-wrapper': 'spree/3',
  })
  // It also logs through the logger of the SDK.
  expect(bridged.log).toContainEqual(expect.stringContaining('data saving mode is on'))
})

it('(S50) prefers its own options to those of the SDK', async () => {
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(full('A')).answer)
  const lines: string[] = []
  const write = (line: string): void => {
    lines.push(line)
  }
  const bridged = bridge({
    plan: presets.streaming(),
    endpoints: origin.endpoints,
    application: { id: 'mine' },
    wrapper: { name: 'own' },
    logger: { debug: write, info: write, warn: write, error: write },
    sdk: {
      baseUri: 'http://127.0.0.1:9',
      streamUri: 'http://127.0.0.1:9',
      application: { id: 'shop', version: '1.2' },
      wrapperName: 'spree',
    },
  })
  await bridged.client.waitForInitialization({ timeout: 60 })
  expect(origin.stream.received[0]?.headers).toMatchObject({
    'x-launchdarkly-tags': 'application-id/mine',
    'x-launchdarkly-wrapper': 'own',
  })
  expect(lines).toContainEqual(expect.stringContaining('data saving mode is on'))
  expect(bridged.log.join()).not.toContain('data saving mode')
})

it('(S50.5) throws errors out of init before the SDK has started work that only a client can stop', () => {
  let started = false
  const options: LDOptions = {
    sendEvents: false,
    bigSegments: {
      // The SDK reads this right after it creates the event processor.
      store: () => {
        started = true
        throw new Error('late')
      },
    },
  }
  const wrong = halyard(presets.pollingOnly({ intervalMs: 'often' as unknown as number }))
  expect(() => init(SDK_KEY, { ...options, ...wrong })).toThrow(ConfigError)
  expect(started).toBe(false)
  // With valid options the SDK reads it.
  expect(() => init(SDK_KEY, { ...options, ...halyard(presets.offline()), logger: silent })).toThrow('late')
})

it('(S50) creates one data system for each client', async () => {
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(full('A', put('a'))).answer)
  const made: DataSystem[] = []
  const data = halyard(presets.streaming(), {
    endpoints: origin.endpoints,
    onDataSystem: (dataSystem) => made.push(dataSystem),
  })
  const options: LDOptions = { ...data, sendEvents: false, logger: silent }
  const clients = [init('key-1', options), init('key-2', options)]
  onTestFinished(() => {
    for (const client of clients) client.close()
  })
  for (const client of clients) await client.waitForInitialization({ timeout: 60 })
  const keys = origin.stream.received.map(({ headers }) => headers.authorization)
  expect(new Set(keys)).toEqual(new Set(['key-1', 'key-2']))
  clients[0]?.close()
  await made[0]?.close()
  expect(made[1]?.status.current.state).toBe('valid')
  expect(clients[1]?.initialized()).toBe(true)
})

it('(S50.4) sends no request if the SDK is offline', async () => {
  const origin = await startOrigin()
  const bridged = bridge({ endpoints: origin.endpoints, sdk: { offline: true } })
  await bridged.client.waitForInitialization({ timeout: 60 })
  await bridged.dataSystem.waitForInitialization()
  expect(origin.accepted).toBe(0)
})

it('throws if updateProcessor is used without featureStore', () => {
  const { updateProcessor } = halyard(presets.default())
  expect(() => init(SDK_KEY, { updateProcessor, sendEvents: false, diagnosticOptOut: true })).toThrow(
    'needs the featureStore of the same call',
  )
})

it('(S54) closes with the client, including open connections', async () => {
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(full('A')).answer)
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  await bridged.client.waitForInitialization({ timeout: 60 })
  expect(origin.connections).toBe(1)
  bridged.client.close()
  await origin.until(() => origin.connections === 0, 'the end of the connection')
  await bridged.dataSystem.close()
  expect(bridged.events).toEqual(['ready'])
  expect(bridged.log.join()).not.toMatch(/error|good order/)
})

it('(S54) closes while it waits for its first response, without an event', async () => {
  const origin = await startOrigin()
  origin.stream.always(silence)
  const bridged = bridge({ plan: presets.streaming(), endpoints: origin.endpoints })
  await origin.until(() => origin.stream.received.length === 1, 'a request')
  bridged.client.close()
  await bridged.dataSystem.close()
  await origin.until(() => origin.connections === 0, 'the end of the connection')
  expect(bridged.events).toEqual([])
})

it('(S54) keeps the process alive until there is data, and lets it exit after the client is closed', async () => {
  const origin = await startOrigin()
  const late = new LiveStream(full('A', put('a')))
  origin.stream.always((received, response) => {
    setTimeout(() => late.answer(received, response), 100)
  })
  const script = fileURLToPath(new URL('./process.ts', import.meta.url))
  const child = endWithTest(spawn(process.execPath, [script, origin.url]))
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect([code, out]).toEqual([0, 'initialized true'])
})

it('(S160.5) warns of unknown names and rejects a misspelled address', () => {
  const warnings: string[] = []
  const logger = { ...silent, warn: (message: string) => void warnings.push(message) }
  const dataSystem = { dataSource: { dataSourceOptionsType: 'standard', polInterval: 60, novel: 1 } } as const
  const options: LDOptions = { sendEvents: false, diagnosticOptOut: true, logger, offline: true }
  const startWith = (plan: typeof dataSystem | undefined, own: object) =>
    init(SDK_KEY, { ...options, offline: false, ...halyard(plan ?? presets.offline(), { logger, ...own }) })
  startWith(undefined, { novel: 1, loger: {} }).close()
  expect(warnings).toEqual([
    'options.novel is not an option; ignored',
    'options.loger is not an option; ignored',
  ])
  const wrong = { endpoints: { poling: 'http://my-relay' } }
  expect(() => startWith(undefined, wrong)).toThrow(
    'options.endpoints.poling: expected a known option (did you mean polling?)',
  )
  startWith(dataSystem, {
    transport: { request: () => new Promise(() => {}), close: async () => {} },
  }).close()
  expect(warnings.slice(2)).toEqual([
    'dataSystem.dataSource.polInterval is not an option; ignored',
    'dataSystem.dataSource.novel is not an option; ignored',
  ])
})
