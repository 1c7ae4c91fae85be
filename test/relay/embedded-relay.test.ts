import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it, onTestFinished, vi } from 'vitest'
import { ConfigError, type RelayOptions, type RelayParts, startRelay } from '../../src/relay/index.ts'
import { notes, type Served, serve } from '../client/starting.ts'
import { SDK_KEY } from '../support/engine.ts'
import { constant } from '../support/stored.ts'

const upstream = (): Promise<Served> => serve({ flags: { a: constant('a', 1, 'one') } })

const optionsOf = ({ url }: Pick<Served, 'url'>): RelayOptions => ({
  port: 0,
  host: '127.0.0.1',
  endpoints: { polling: url, streaming: url },
  environments: [{ name: 'test', sdkKey: SDK_KEY }],
})

async function start(options: RelayOptions, parts: RelayParts = {}) {
  const { log, logger } = notes()
  const relay = await startRelay(options, { logger, ...parts })
  onTestFinished(() => relay.close())
  return { relay, log }
}

it('(S111) starts a relay with an options object, and provides its view', async () => {
  const { relay } = await start(optionsOf(await upstream()))
  expect(await relay.started).toEqual([])
  expect(relay.view.environments).toMatchObject([
    { name: 'test', serving: 'live', holds: { flags: 1, segments: 0 }, source: { state: 'valid' } },
  ])
  expect(JSON.stringify(relay.view)).not.toContain(SDK_KEY)
  const answer = await fetch(`${relay.url}/sdk/latest-all`, { headers: { authorization: SDK_KEY } })
  expect(await answer.json()).toEqual({ flags: { a: constant('a', 1, 'one') }, segments: {} })
})

it('(S111) throws all invalid options before it starts anything', async () => {
  const wrong = { ...optionsOf({ url: 'nowhere' }), hearbeatMs: 1, ready: { requires: ['all'] } }
  const starting = startRelay(wrong as unknown as RelayOptions)
  await expect(starting).rejects.toThrow(ConfigError)
  await expect(starting).rejects.toThrow(
    'options.hearbeatMs: expected a known option (did you mean heartbeatMs?), received an unknown name',
  )
  await expect(starting).rejects.toThrow(
    'options.ready.requires: expected a list of data, upstream and store',
  )
  await expect(starting).rejects.toThrow('options.endpoints.polling: expected an http or https URL')
})

it('(S111) adds and removes environments by new options; invalid options change nothing', async () => {
  const options = optionsOf(await upstream())
  const { relay, log } = await start(options)
  const names = () => relay.view.environments.map(({ name }) => name)
  await relay.started
  const second = { name: 'second', sdkKey: 'sdk-second-77aa', prefix: 'x' }
  await relay.reload({ ...options, environments: [...(options.environments ?? []), second] })
  expect(names()).toEqual(['test', 'second'])
  expect(log).toContain('warn: options.environments[1].prefix has no effect: no database is configured')
  await expect(relay.reload({ ...options, environments: [] })).rejects.toThrow(ConfigError)
  expect(names()).toEqual(['test', 'second'])
  await relay.reload({ ...options, environments: [second] })
  expect(names()).toEqual(['second'])
})

it('(S112) `started` resolves if the relay is closed or an environment is removed during the start', async () => {
  const options = optionsOf({ url: 'http://127.0.0.1:9' })
  const { relay } = await start(options)
  await relay.reload({ ...options, environments: [{ name: 'other', sdkKey: 'sdk-other-1' }] })
  expect(await relay.started).toEqual([])
  const { relay: second } = await start(options)
  await second.close()
  expect(await second.started).toEqual([])
})

it('(S111) closes at the end of its scope (`await using`)', async () => {
  const options = optionsOf(await upstream())
  let url = ''
  {
    await using relay = await startRelay(options, { logger: notes().logger })
    url = relay.url
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  }
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})

it('(S110) logs each environment at its own level, with its name', async () => {
  const nowhere = optionsOf({ url: 'http://127.0.0.1:9' })
  const environments = [
    { name: 'loud', sdkKey: 'sdk-loud-1', logLevel: 'debug' },
    { name: 'usual', sdkKey: 'sdk-usual-1' },
    { name: 'quiet', sdkKey: 'sdk-quiet-1', logLevel: 'none' },
  ] as const
  const { log, relay } = await start({ ...nowhere, environments, logLevel: 'warn' })
  const isLogged = (line: RegExp): boolean => log.some((each) => line.test(each))
  await expect
    .poll(() => isLogged(/^debug: loud: /) && isLogged(/^warn: loud: /) && isLogged(/^warn: usual: /))
    .toBe(true)
  await relay.close()
  expect(log.filter((line) => /quiet|^(info|debug): usual/.test(line))).toEqual([])
})

it('(S110) writes to the console in the configured format if there is no logger', async () => {
  const info = vi.spyOn(console, 'info').mockImplementation(() => {})
  onTestFinished(() => info.mockRestore())
  const options = { ...optionsOf(await upstream()), logFormat: 'json', logLevel: 'info' } as const
  await using relay = await startRelay(options)
  await relay.started
  const lines = info.mock.calls.map(([line]) => JSON.parse(String(line)) as object)
  expect(lines).toContainEqual({
    level: 30,
    time: expect.any(Number),
    name: 'halyard-relay',
    msg: expect.stringContaining('serving live data'),
    environment: 'test',
  })
})

it('(S109) uses the given meter, and otherwise the one registered with OpenTelemetry', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  const options = optionsOf(await upstream())
  const { relay } = await start(options, { meter: provider.getMeter('mine') })
  await relay.started
  const flags = async (): Promise<unknown> => {
    exporter.reset()
    await reader.forceFlush()
    const [collected] = exporter.getMetrics()
    const objects = collected?.scopeMetrics[0]?.metrics.find(
      ({ descriptor }) => descriptor.name === 'halyard_relay_objects',
    )
    return objects?.dataPoints.map(({ attributes, value }) => [
      attributes.environment,
      attributes.kind,
      value,
    ])
  }
  expect(await flags()).toEqual([
    ['test', 'flag', 1],
    ['test', 'segment', 0],
  ])
  const { log } = await start({ ...options, openTelemetry: true })
  expect(log.filter((line) => /OpenTelemetry/.test(line))).toEqual([
    'warn: OpenTelemetry: no provider is registered with @opentelemetry/api, so neither metrics nor traces are exported; for `halyard relay`, run npm install @opentelemetry/sdk-node; a program registers a provider before it starts the relay',
  ])
})

it('(S160, S161) rejects unknown parts and invalid SDK keys', async () => {
  const options = optionsOf({ url: 'http://127.0.0.1:1' })
  await expect(startRelay(options, { loger: {} } as object)).rejects.toThrow('did you mean logger?')
  for (const [sdkKey, received] of [
    [undefined, 'none (is the environment variable set'],
    ['', 'an empty string (is the environment variable set'],
    ['undefined', 'the string "undefined"'],
    ['sdk-1\n', 'a string that begins or ends with white space or a line break'],
  ] as const) {
    const environments = [{ name: 'test', sdkKey: sdkKey as string }]
    await expect(startRelay({ ...options, environments })).rejects.toThrow(received)
  }
})
