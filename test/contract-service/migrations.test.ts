import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { LiveStream, startOrigin } from '../support/origin.ts'
import { fixed, type RemoteClient, type Scripted, script, startSuite, streaming } from './suite.ts'

const user = { kind: 'user', key: 'u' }

async function clientWith(...objects: readonly Scripted[]): Promise<RemoteClient> {
  const suite = await startSuite()
  const origin = await startOrigin()
  origin.stream.always(new LiveStream(script(...objects)).answer)
  return suite.client({ synchronizers: [streaming(origin.url)] })
}

/** Starts the endpoints of two origins, at `/old` and `/new`. Their answer is `PATH:PAYLOAD`, with this status. */
async function startOrigins(statusOf: (path: string) => number): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((payload) => {
      const answer = `${request.url}:${payload}`
      seen.push(`${request.method} ${answer}`)
      response.writeHead(statusOf(request.url ?? '')).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const operation = (url: string, more: object) => ({
  key: 'a',
  context: user,
  defaultStage: 'off',
  readExecutionOrder: 'serial',
  oldEndpoint: `${url}/old`,
  newEndpoint: `${url}/new`,
  payload: 'p',
  trackLatency: true,
  trackErrors: true,
  trackConsistency: true,
  ...more,
})

test('returns the stage of a migration flag, or the default stage', async () => {
  const client = await clientWith(fixed('a', 'live'), fixed('b', 'nonsense'))
  const stage = (key: string): Promise<unknown> =>
    client.command('migrationVariation', { key, context: user, defaultStage: 'shadow' })
  expect(await stage('a')).toEqual({ result: 'live' })
  expect(await stage('b')).toEqual({ result: 'shadow' })
  expect(await stage('missing')).toEqual({ result: 'shadow' })
})

test.each(['serial', 'random', 'concurrent'])(
  'posts the payload of a %s read',
  async (readExecutionOrder) => {
    const client = await clientWith(fixed('a', 'live'))
    const { url, seen } = await startOrigins(() => 200)
    const read = operation(url, { operation: 'read', readExecutionOrder })
    expect(await client.command('migrationOperation', read)).toEqual({ result: '/new:p' })
    expect(seen.toSorted()).toEqual(['POST /new:p', 'POST /old:p'])
  },
)

test('writes to both origins in order, and returns the text of a failed one', async () => {
  const client = await clientWith(fixed('a', 'live'))
  const good = await startOrigins(() => 200)
  const write = { operation: 'write', payload: null }
  expect(await client.command('migrationOperation', operation(good.url, write))).toEqual({ result: '/new:' })
  expect(good.seen).toEqual(['POST /new:', 'POST /old:'])
  const bad = await startOrigins((path) => (path === '/new' ? 409 : 200))
  expect(await client.command('migrationOperation', operation(bad.url, write))).toEqual({ result: '/new:' })
  expect(bad.seen).toEqual(['POST /new:'])
})
