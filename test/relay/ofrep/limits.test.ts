import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SDK_KEY } from '../../support/engine.ts'
import { constant } from '../../support/stored.ts'
import { ENV_ID, ENVIRONMENT } from '../client-side/starting.ts'
import { FOR_ALL, startForClients } from '../client-side/starting-clients.ts'
import { NOWHERE, start } from '../starting.ts'
import { ALL, askOfrep, KEYED, openStream, streamOf } from './asking.ts'

const FLAGS = { a: constant('a', 1, 'x', FOR_ALL) }
const ORIGIN = 'https://shop.example'
const ONE = `${ALL}/a`

describe('each answer', () => {
  it('(RO8.1) has the CORS headers, whatever its status', async () => {
    const { relay } = await startForClients(
      { flags: FLAGS },
      { maxClientBodyBytes: 1_000, environment: { allowedOrigins: ['https://first.example', ORIGIN] } },
    )
    const empty = await start({ endpoints: NOWHERE, environments: [ENVIRONMENT], initTimeoutMs: 1 })
    const headers = { 'x-api-key': ENV_ID, origin: ORIGIN }
    const uri = streamOf(await askOfrep(relay, { headers }))
    const first = await askOfrep(relay, { headers })
    const answers = [
      first,
      await askOfrep(relay, { headers: { ...headers, 'if-none-match': String(first.headers.etag) } }),
      await askOfrep(relay, { headers, body: '{' }),
      await askOfrep(relay, { headers: { origin: ORIGIN } }),
      await askOfrep(relay, { headers, path: `${ALL}/none` }),
      await askOfrep(relay, { headers, method: 'PUT' }),
      await askOfrep(relay, { headers, body: 'x'.repeat(2_000) }),
      await askOfrep(relay, { headers: { ...headers, authorization: 'other' } }),
      await askOfrep(empty, { headers }),
    ]
    const streams = [
      await openStream(relay, uri, { origin: ORIGIN }),
      await openStream(relay, `${uri}x`, { origin: ORIGIN }),
    ]
    const all = [
      ...answers,
      ...streams.map(({ answer }) => ({ status: answer.statusCode, headers: answer.headers })),
    ]
    expect(all.map(({ status }) => status)).toEqual([200, 304, 400, 401, 404, 405, 413, 400, 503, 200, 401])
    for (const { status, headers: received } of all) {
      expect(received['access-control-allow-origin'], String(status)).toBe(ORIGIN)
      expect(received['access-control-expose-headers']).toMatch(/ETag, Retry-After/)
    }
    const other = await askOfrep(relay, { headers: { ...headers, origin: 'https://evil.example' } })
    expect(other.headers['access-control-allow-origin']).toBe('https://first.example')
  })

  it('(RO8.1) a preflight without a key allows the headers of providers', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    for (const path of [ALL, ONE]) {
      const { status, headers, body } = await askOfrep(relay, {
        path,
        method: 'OPTIONS',
        headers: {},
        body: '',
      })
      expect([status, body, headers['access-control-allow-methods']]).toEqual([200, '', 'POST,OPTIONS'])
      for (const name of [
        'X-API-Key',
        'Authorization',
        'Content-Type',
        'If-None-Match',
        'X-Secure-Mode-Hash',
      ])
        expect(headers['access-control-allow-headers']?.split(',')).toContain(name)
    }
  })

  it('(RO8.2) to another method is 405 with Allow', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    for (const [path, allow] of [
      [ALL, 'POST'],
      [ONE, 'POST'],
      ['/ofrep/v1/events', 'GET'],
    ] as const)
      for (const method of ['GET', 'HEAD', 'POST', 'REPORT', 'DELETE'].filter((each) => each !== allow)) {
        const { status, headers } = await askOfrep(relay, { path, method, body: '' })
        expect([method, status, headers.allow]).toEqual([method, 405, allow])
      }
  })
})

describe('hostile requests', () => {
  it('(RO8.3) a body that is too long is answered 413, and the connection is kept', async () => {
    const { relay } = await startForClients({ flags: FLAGS }, { maxClientBodyBytes: 1_000 })
    for (const path of [ALL, ONE]) {
      const context = { targetingKey: 'u', x: 'a'.repeat(2_000) }
      expect(await askOfrep(relay, { path, context })).toMatchObject({
        status: 413,
        body: { errorCode: 'GENERAL', ...(path === ONE && { key: 'a' }) },
      })
      const chunked = { ...KEYED, 'transfer-encoding': 'chunked' }
      expect((await askOfrep(relay, { path, context, headers: chunked })).status).toBe(413)
    }
  })

  it('(RO8.3) a body of another type, gzipped, or nested too deep is refused', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const text = { ...KEYED, 'content-type': 'text/plain' }
    expect((await askOfrep(relay, { headers: text })).status).toBe(415)
    for (const body of ['\x1f\x8b\b\0', `{"context":${'['.repeat(1_000_000)}`]) {
      const answer = await askOfrep(relay, { body })
      expect([answer.status, answer.body.errorCode]).toEqual([400, 'PARSE_ERROR'])
    }
    const nested = `{"context":{"targetingKey":"u","x":${'['.repeat(480)}${']'.repeat(480)}}}`
    expect((await askOfrep(relay, { body: nested })).status).toBe(200)
  })

  it('a context of 5 MB is evaluated', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const context = { targetingKey: 'u', x: 'a'.repeat(5_000_000) }
    for (const path of [ALL, ONE]) expect((await askOfrep(relay, { path, context })).status).toBe(200)
  })

  it('treats __proto__ as an ordinary name', async () => {
    const clauses = [{ attribute: '/__proto__/admin', op: 'in', values: [true], contextKind: 'user' }]
    const flags = {
      a: constant('a', 1, 0, { variations: [false, true], rules: [{ variation: 1, clauses }] }),
    }
    const { relay } = await startForClients({ flags })
    const body = '{"context":{"targetingKey":"u","__proto__":{"admin":true}}}'
    expect((await askOfrep(relay, { path: ONE, body })).body.value).toBe(true)
    expect((await askOfrep(relay, { path: ONE })).body.value).toBe(false)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('the same large value is one answer for all clients, and a slow client holds one copy', async () => {
    const flags = { a: constant('a', 1, 'y'.repeat(5_000_000)) }
    const { relay } = await startForClients({ flags })
    const first = await askOfrep(relay, { path: ONE })
    const other = await askOfrep(relay, { path: ONE, context: { targetingKey: 'other' } })
    expect(other.headers.etag).toBe(first.headers.etag)
    const { hostname, port } = new URL(relay.url)
    const body = '{"context":{"targetingKey":"u"}}'
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(Number(port), hostname).pause()
      onTestFinished(() => void socket.destroy())
      socket.write(
        `POST ${ONE} HTTP/1.1\r\nhost: a\r\nauthorization: ${SDK_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
      return socket
    })
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    expect((await askOfrep(relay, { path: ONE })).body.value).toHaveLength(5_000_000)
  })
})
