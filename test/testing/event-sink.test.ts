import { init, integrations } from '@launchdarkly/node-server-sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import { type EventSinkServer, scriptedOrigin, startEventSink, TestData } from '../../src/testing/index.ts'
import { fetchRaw } from '../server/raw-http.ts'

const ada = { kind: 'user', key: 'ada', email: 'ada@example.com' } as const
const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function sinkForTest(): Promise<EventSinkServer> {
  const sink = await startEventSink()
  onTestFinished(() => sink.close())
  return sink
}

/** The part of a client that this test uses. */
interface Sender {
  stringVariation(key: string, context: typeof ada, defaultValue: string): Promise<string>
  identify(context: typeof ada): void
  track(key: string, context: typeof ada, data: object, metricValue: number): void
  flush(): Promise<void>
}

async function halyard(eventsUri: string): Promise<Sender> {
  const data = new TestData()
  data.flagValue('banner', 'Ahoy')
  const client = createClient('sdk-key-123456', {
    dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
    eventsUri,
    privateAttributes: ['email'],
    logger: silent,
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization()
  return client
}

async function official(eventsUri: string): Promise<Sender> {
  const data = new integrations.TestData()
  void data.update(data.flag('banner').valueForAll('Ahoy'))
  const client = init('sdk-key-123456', {
    updateProcessor: data.getFactory(),
    eventsUri,
    privateAttributes: ['email'],
    logger: silent,
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  return { ...bound(client), flush: () => client.flush() }
}

function bound(client: ReturnType<typeof init>): Omit<Sender, 'flush'> {
  return {
    stringVariation: (key, context, defaultValue) => client.stringVariation(key, context, defaultValue),
    identify: (context) => client.identify(context),
    track: (key, context, data, metricValue) => client.track(key, context, data, metricValue),
  }
}

describe('an event sink', () => {
  it.each([
    ['Halyard', halyard],
    ["LaunchDarkly's SDK", official],
  ])('(S210.1) keeps the events of %s', async (_, start) => {
    const sink = await sinkForTest()
    const client = await start(sink.url)
    await client.stringVariation('banner', ada, '')
    await client.stringVariation('banner', ada, '')
    await client.stringVariation('unknown', ada, '')
    client.track('order-paid', ada, { currency: 'EUR' }, 59.9)
    client.identify(ada)
    await client.flush()
    const context = { kind: 'user', key: 'ada' }
    expect(sink.events.map(({ kind }) => kind).toSorted()).toEqual(['custom', 'identify', 'index', 'summary'])
    expect(sink.ofKind('custom')).toMatchObject([
      { key: 'order-paid', context, data: { currency: 'EUR' }, metricValue: 59.9 },
    ])
    expect(sink.ofKind('index')[0]?.context).toEqual({ ...context, _meta: { redactedAttributes: ['email'] } })
    expect(['banner', 'unknown', 'other'].map((key) => sink.evaluations(key))).toEqual([2, 1, 0])
    await expect.poll(() => sink.diagnostics.map(({ kind }) => kind)).toEqual(['diagnostic-init'])
    sink.clear()
    expect([sink.events, sink.diagnostics]).toEqual([[], []])
  })

  it('(S210.2) refuses other requests and malformed bodies', async () => {
    const sink = await sinkForTest()
    const status = async (path: string, body: string): Promise<number> =>
      (await fetch(sink.url + path, { method: 'POST', body })).status
    expect(await status('/bulk?x=1', '[{"kind":"custom"}]')).toBe(202)
    expect(await status('/bulk', '[')).toBe(400)
    expect(await status('/other', '[]')).toBe(404)
    expect((await fetchRaw(`${sink.url}/bulk`)).status).toBe(405)
    expect(sink.events).toEqual([{ kind: 'custom' }])
  })

  it('keeps the events after it is closed, which may happen several times', async () => {
    const sink = await startEventSink()
    await fetch(`${sink.url}/bulk`, { method: 'POST', body: '[{"kind":"custom"}]' })
    await Promise.all([sink.close(), sink.close()])
    await sink.close()
    expect(sink.events).toHaveLength(1)
    await expect(fetch(`${sink.url}/bulk`, { method: 'POST', body: '[]' })).rejects.toThrow()
  })
})

it('(S210.3) a scripted origin keeps the events below its URL', async () => {
  const origin = scriptedOrigin({ url: 'http://flags.test/base' })
  expect(origin.endpoints.events).toBe('http://flags.test/base')
  const ask = async (path: string, init: RequestInit): Promise<number> =>
    (await origin.respond(new Request(origin.url + path, init))).status
  expect(await ask('/bulk', { method: 'POST', body: '[{"kind":"custom"}]' })).toBe(202)
  expect(await ask('/diagnostic', { method: 'POST', body: '{"kind":"diagnostic"}' })).toBe(202)
  expect(await ask('/bulk', { method: 'POST', body: '{}' })).toBe(400)
  expect(await ask('/bulk', { method: 'POST' })).toBe(400)
  expect(await ask('/bulk', {})).toBe(405)
  expect(await ask('/nothing', {})).toBe(404)
  expect([origin.events.events, origin.events.diagnostics]).toEqual([
    [{ kind: 'custom' }],
    [{ kind: 'diagnostic' }],
  ])
})
