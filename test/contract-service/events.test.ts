import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { LiveStream, startOrigin } from '../support/origin.ts'
import { fixed, type RemoteClient, script, startSuite, streaming } from './suite.ts'

const user = { kind: 'user', key: 'u', name: 'Ada', email: 'ada@example.com' }

/** The configuration of events as the suite sends it. */
const EVENTS = {
  baseUri: null,
  capacity: null,
  enableDiagnostics: false,
  allAttributesPrivate: null,
  globalPrivateAttributes: null,
  flushIntervalMs: 1_000_000,
  omitAnonymousContexts: null,
  enableGzip: null,
}

interface Post {
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

interface Scene {
  readonly url: string
  readonly posts: readonly Post[]
  readonly client: (configuration: object) => Promise<RemoteClient>
}

async function startScene(): Promise<Scene> {
  const posts: Post[] = []
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { url: path, headers } = request
      const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      posts.push({ path, headers, events: JSON.parse(String(text)) as Post['events'] })
      response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script(fixed('a', 'x'))).answer)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    posts,
    client: (configuration) => suite.client({ synchronizers: [streaming(origin.url)] }, configuration),
  }
}

const evaluate = {
  flagKey: 'a',
  context: user,
  user: null,
  valueType: 'string',
  defaultValue: 'd',
  detail: false,
}

test('sends events on flushEvents, and answers after they were delivered', async () => {
  const { url, posts, client: start } = await startScene()
  const client = await start({ events: { ...EVENTS, baseUri: url, globalPrivateAttributes: ['email'] } })
  await client.command('evaluate', evaluate)
  const data = { eventKey: 'paid', context: user, user: null, data: [1], omitNullData: false, metricValue: 0 }
  await client.command('customEvent', data)
  await client.command('identifyEvent', { context: null, user: { key: 'legacy' } })
  expect(posts).toEqual([])
  await client.command('flushEvents', {})
  expect(posts.map(({ path }) => path)).toEqual(['/base/bulk'])
  const context = { kind: 'user', key: 'u', name: 'Ada', _meta: { redactedAttributes: ['email'] } }
  expect(posts[0]?.events).toMatchObject([
    { kind: 'index', context },
    { kind: 'custom', key: 'paid', context, data: [1], metricValue: 0 },
    { kind: 'identify', context: { kind: 'user', key: 'legacy' } },
    { kind: 'summary' },
  ])
  expect(posts[0]?.headers['content-encoding']).toBeUndefined()
})

test('takes the address from serviceEndpoints, and compresses if the suite asks for it', async () => {
  const { url, posts, client: start } = await startScene()
  const serviceEndpoints = { streaming: null, polling: null, events: url }
  const client = await start({ serviceEndpoints, events: { ...EVENTS, enableGzip: true } })
  await client.command('identifyEvent', { context: user, user: null })
  await client.command('flushEvents', {})
  expect(posts[0]?.headers['content-encoding']).toBe('gzip')
})

test('sends no events if they are not configured', async () => {
  const { url, posts, client: start } = await startScene()
  const client = await start({ serviceEndpoints: { streaming: null, polling: null, events: url } })
  await client.command('identifyEvent', { context: user, user: null })
  await client.command('flushEvents', {})
  expect(posts).toEqual([])
})

test('answers 400 to events without an address', async () => {
  const { client: start } = await startScene()
  await expect(start({ events: EVENTS })).rejects.toThrow(/400 cannot be understood: events has no baseUri/)
})
