import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { fetchRaw, outlinePoll, publishFull, publishPartial, put, serve } from './raw-http.ts'

test.each(['/sdk/poll', '/sdk/stream'])(
  '%s answers 503 and when to retry before there is data',
  async (path) => {
    const { url } = await serve()
    const { status, headers } = await fetchRaw(url + path)
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('1')
  },
)

test.each(['//sdk/poll', '/sdk/./poll', '/a/%2E%2e/sdk/poll', '/sdk%5cpoll', '/sdk/poll%'])(
  '(S192) rejects %s, because a proxy in front may interpret it differently',
  async (path) => {
    const { url, flagServer } = await serve()
    publishFull(flagServer, 's1', [put('a', 1)])
    expect((await fetchRaw(url)).status).toBe(404)
    const { hostname, port } = new URL(url)
    const outgoing = request({ hostname, port, path, agent: false }).end()
    const [response] = await once(outgoing, 'response')
    response.resume()
    expect(response.statusCode).toBe(400)
  },
)

test.each(['/', '/sdk/latest-all', '/sdk/poll/', '/sdk/poll/eval'])('answers 404 to %s', async (path) => {
  const { url } = await serve()
  expect((await fetchRaw(url + path)).status).toBe(404)
})

test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])(
  '%s is not allowed, and GET named',
  async (method) => {
    const { url } = await serve()
    const { status, headers } = await fetchRaw(`${url}/sdk/poll`, { method })
    expect(status).toBe(405)
    expect(headers.allow).toBe('GET')
  },
)

test.each([{}, { authorization: '' }, { authorization: 'wrong' }, { authorization: 'sdk-123456' }])(
  'with an SDK key set, %o is unauthorized on both paths',
  async (headers) => {
    const { url, flagServer } = await serve({ sdkKey: 'sdk-12345' })
    publishFull(flagServer, 's1', [])
    const replies = [
      await fetchRaw(`${url}/sdk/poll`, { headers }),
      await fetchRaw(`${url}/sdk/stream`, { headers }),
    ]
    expect(replies.map(({ status }) => status)).toEqual([401, 401])
    expect(replies.map(({ body }) => body.length)).toEqual([0, 0])
  },
)

test('accepts the configured SDK key', async () => {
  const { url, flagServer } = await serve({ sdkKey: 'sdk-12345' })
  publishFull(flagServer, 's1', [])
  expect((await fetchRaw(`${url}/sdk/poll`, { headers: { authorization: 'sdk-12345' } })).status).toBe(200)
})

test('accepts a basis with reserved characters in the URL', async () => {
  const { url, flagServer } = await serve()
  const state = '(p:a:1)&x=y z+%25#?/\u00e9'
  publishFull(flagServer, state, [put('a', 1)])
  publishPartial(flagServer, 'next', [put('b', 1)])
  const { body } = await fetchRaw(`${url}/sdk/poll?basis=${encodeURIComponent(state)}&filter=x`)
  expect(outlinePoll(body)).toEqual([
    'server-intent xfer-changes stale',
    'put-object b',
    'payload-transferred next',
  ])
})

test('answers 503 after it has closed', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [])
  await flagServer.close()
  expect((await fetchRaw(`${url}/sdk/poll`)).status).toBe(503)
})
