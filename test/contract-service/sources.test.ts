import { expect, test } from 'vitest'
import { bytes, fdv1Body, LiveStream, put, startOrigin, status } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { fixed, gzipped, polling, type RemoteClient, script, startSuite, streaming } from './suite.ts'

const value = (client: RemoteClient, flagKey: string): Promise<unknown> =>
  client.command('evaluate', {
    flagKey,
    context: { kind: 'user', key: 'u' },
    valueType: 'any',
    defaultValue: 'default',
  })

/** A poll whose answer orders FDv1. */
const directed = (body: string) =>
  bytes(200, { 'content-type': 'application/json', 'x-ld-fd-fallback': 'true' }, body)

test('polls once, and continues with the stream at its basis', async () => {
  const suite = await startSuite()
  const first = await startOrigin()
  const second = await startOrigin()
  first.poll.always(gzipped({ events: script(fixed('a', 'polled')) }))
  second.stream.always(new LiveStream(script(fixed('a', 'streamed'))).answer)
  const client = await suite.client({
    initializers: [polling(first.url)],
    synchronizers: [streaming(second.url)],
  })
  await second.until(() => second.stream.received.length === 1, 'a stream')
  expect(second.stream.received[0]?.basis).toBe('initial')
  await expect.poll(() => value(client, 'a')).toEqual({ value: 'streamed' })
})

test('falls back to the second synchronizer', async () => {
  const suite = await startSuite()
  const first = await startOrigin()
  const second = await startOrigin()
  first.stream.always(status(403))
  second.poll.always(gzipped({ events: script(fixed('a', 1)) }))
  const client = await suite.client({ synchronizers: [streaming(first.url), polling(second.url)] })
  expect(await value(client, 'a')).toEqual({ value: 1 })
})

test('uses the address of the service for a source without its own', async () => {
  const suite = await startSuite()
  const polled = await startOrigin()
  const streamed = await startOrigin()
  polled.poll.always(gzipped({ events: script() }))
  streamed.stream.always(new LiveStream(script(fixed('a', 1))).answer)
  const client = await suite.client(
    {
      initializers: [{ polling: { baseUri: null, pollIntervalMs: null } }],
      synchronizers: [{ streaming: { baseUri: null, initialRetryDelayMs: null }, polling: null }],
    },
    { serviceEndpoints: { streaming: streamed.url, polling: polled.url, events: null } },
  )
  await expect.poll(() => value(client, 'a')).toEqual({ value: 1 })
  expect(polled.poll.received).toHaveLength(1)
})

test('polls FDv1 at the configured address if the server orders it', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  const reserve = await startOrigin()
  origin.stream.always(status(500, { 'x-ld-fd-fallback': 'true' }))
  reserve.fdv1.poll.always(fdv1Body([put('a', 1, { on: false, offVariation: 0, variations: ['old'] })]))
  const client = await suite.client({
    synchronizers: [streaming(origin.url)],
    fdv1Fallback: { baseUri: reserve.url, pollIntervalMs: null },
  })
  expect(await value(client, 'a')).toEqual({ value: 'old' })
  await origin.until(() => origin.connections === 0, 'no connection to FDv2')
})

test('does not poll FDv1 without a configured address', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.poll.always(directed(JSON.stringify({ events: script(fixed('a', 1)) })))
  origin.stream.always(new LiveStream(script()).answer)
  const client = await suite.client(
    { initializers: [polling(origin.url)], synchronizers: [streaming(origin.url)] },
    {
      initCanFail: true,
      serviceEndpoints: { streaming: origin.url, polling: origin.url, events: origin.url },
    },
  )
  expect(await value(client, 'a')).toEqual({ value: 1 })
  await client.close()
  expect(origin.received.map(({ path }) => path)).toEqual(['/sdk/poll'])
})

test('sends key, tags, wrapper and instance id with every request', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  const reserve = await startOrigin()
  origin.poll.always(gzipped({ events: script() }))
  origin.stream.always(status(500, { 'x-ld-fd-fallback': 'true' }))
  reserve.fdv1.poll.always(fdv1Body([]))
  await suite.client(
    {
      initializers: [polling(origin.url)],
      synchronizers: [streaming(origin.url)],
      fdv1Fallback: { baseUri: reserve.url, pollIntervalMs: null },
    },
    {
      credential: 'my-sdk-key',
      tags: { applicationId: 'shop', applicationVersion: '7' },
      wrapper: { name: 'cloak', version: '1.0' },
    },
  )
  await reserve.until(() => reserve.received.length === 1, 'a poll of FDv1')
  const all = [...origin.received, ...reserve.received]
  expect(all.map(({ path }) => path)).toEqual(['/sdk/poll', '/sdk/stream', '/sdk/latest-all'])
  const instance = all[0]?.headers['x-launchdarkly-instance-id']
  expect(instance).toMatch(/^[0-9a-f-]{36}$/)
  for (const { headers } of all) {
    expect(headers).toMatchObject({
      authorization: 'my-sdk-key',
      'x-launchdarkly-tags': 'application-id/shop application-version/7',
      'x-launchdarkly-wrapper': 'cloak/1.0',
      'x-launchdarkly-instance-id': instance,
    })
  }
})

test('omits an empty tag and an empty version', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script()).answer)
  const sources = { synchronizers: [streaming(origin.url)] }
  await suite.client(sources, {
    tags: { applicationId: '', applicationVersion: null },
    wrapper: { name: 'cloak', version: '' },
  })
  await suite.client(sources, {
    tags: { applicationId: '', applicationVersion: '7' },
    wrapper: { name: '', version: '1.0' },
  })
  const sent = origin.received.map(({ headers }) => [
    headers['x-launchdarkly-tags'],
    headers['x-launchdarkly-wrapper'],
  ])
  expect(sent).toEqual([
    [undefined, 'cloak'],
    ['application-version/7', undefined],
  ])
})

test('sends all requests through the configured proxy', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  const proxy = await startProxy()
  origin.poll.always(gzipped({ events: script() }))
  origin.stream.always(new LiveStream(script(fixed('a', 1))).answer)
  await suite.client(
    { initializers: [polling(origin.url)], synchronizers: [streaming(origin.url)] },
    { proxy: { httpProxy: proxy.url } },
  )
  await origin.until(() => origin.stream.received.length === 1, 'a stream')
  expect(proxy.seen.map(({ line }) => line)).toEqual([
    expect.stringContaining(`GET ${origin.url}/sdk/poll`),
    expect.stringContaining(`GET ${origin.url}/sdk/stream`),
  ])
})

test('closes all sockets of a client before the answer to the close command', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script()).answer)
  const client = await suite.client({ synchronizers: [streaming(origin.url)] })
  expect(origin.connections).toBe(1)
  expect((await client.close()).status).toBe(204)
  await origin.until(() => origin.connections === 0, 'no connection')
  expect(origin.accepted).toBe(1)
})

test('streams and polls with FDv1 for version 2 of the suite', async () => {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.fdv1.poll.always(fdv1Body([put('a')]))
  const polling = { baseUri: origin.url, pollIntervalMs: null }
  const response = await suite.ask('POST', '/', {
    configuration: { credential: 'k', polling, dataSystem: null },
  })
  expect(response.status).toBe(201)
  expect(origin.received.map(({ url }) => url)).toEqual(['/sdk/latest-all'])
})
