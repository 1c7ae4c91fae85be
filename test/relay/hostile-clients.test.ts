import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { rejectConnection } from '../../src/relay/listen.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { notes, serve } from '../client/starting.ts'
import { certificatePath } from '../support/certificates.ts'
import { SDK_KEY } from '../support/engine.ts'
import { put } from '../support/origin.ts'
import { constant } from '../support/stored.ts'
import { ask, at, keyed, NOWHERE, start, upstream } from './starting.ts'

/** Sends these bytes and resolves with everything received until the connection ends. */
async function say(relay: RelayServer, bytes: string): Promise<string> {
  const socket = await open(relay)
  socket.write(bytes)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

async function open(relay: RelayServer): Promise<Socket> {
  const { hostname, port } = new URL(relay.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

const TLS = { certFile: certificatePath('leaf.cert.pem'), keyFile: certificatePath('leaf.key.pem') }

const head = `host: x\r\nauthorization: ${SDK_KEY}\r\nconnection: close\r\n\r\n`

it.each([
  ['a basis of 30,000 characters', `GET /sdk/poll?basis=${'x'.repeat(30_000)} HTTP/1.1\r\n${head}`, 200],
  ['a basis that is no text', `GET /sdk/poll?basis=%ff%00%zz&basis=2 HTTP/1.1\r\n${head}`, 200],
  ['a basis of line breaks', `GET /sdk/poll?basis=%0d%0ax-evil:%201 HTTP/1.1\r\n${head}`, 200],
  ['headers without end', `GET /sdk/poll HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n${head}`, 431],
  ['bytes of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 400],
  ['a header with a line break in its name', `GET /sdk/poll HTTP/1.1\r\na\nb: c\r\n${head}`, 400],
  ['a path out of the tree', `GET /../../etc/passwd HTTP/1.1\r\n${head}`, 400],
  ['a path encoded twice', `GET /sdk/flags/%252e%252e%252fetc HTTP/1.1\r\n${head}`, 404],
  ['an absolute URL of somewhere else', `GET http://elsewhere/sdk/poll HTTP/1.1\r\n${head}`, 200],
  ['an encoded path out of the tree', `GET /a/%2e%2e/status HTTP/1.1\r\n${head}`, 400],
  ['an empty segment before an address for operators', `GET //x/status HTTP/1.1\r\n${head}`, 400],
  ['an absolute URL with an address for operators', `GET http://relay/healthz HTTP/1.1\r\n${head}`, 200],
  ['an absolute URL with an empty segment', `GET http://relay//status HTTP/1.1\r\n${head}`, 400],
  ['a flag key that is no UTF-8', `GET /sdk/flags/%ff HTTP/1.1\r\n${head}`, 400],
  ['an address for operators with a slash', `GET /healthz/ HTTP/1.1\r\n${head}`, 200],
  ['an address for operators, encoded', `GET /%68ealthz HTTP/1.1\r\n${head}`, 404],
  ['the server as a whole', `OPTIONS * HTTP/1.1\r\n${head}`, 400],
  ['two keys', `GET /sdk/poll HTTP/1.1\r\nauthorization: other\r\n${head}`, 400],
  ['two hosts', `GET /sdk/poll HTTP/1.1\r\nHost: y\r\n${head}`, 400],
  ['no host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
  [
    'a length beside chunks',
    `GET /healthz HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n${head}0\r\n\r\n`,
    400,
  ],
  ['two lengths', `GET /healthz HTTP/1.1\r\ncontent-length: 0\r\ncontent-length: 1\r\n${head}`, 400],
  ['a GET with a body', `GET /sdk/poll HTTP/1.1\r\ncontent-length: 4\r\n${head}body`, 200],
  ['a wish to continue', `GET /healthz HTTP/1.1\r\nexpect: 100-continue\r\n${head}`, 100],
  ['another expectation', `GET /healthz HTTP/1.1\r\nexpect: tea\r\n${head}`, 417],
  ['an upgrade', `GET /healthz HTTP/1.1\r\nupgrade: h2c\r\n${head.replace('close', 'upgrade, close')}`, 200],
  ['TRACE', `TRACE /sdk/poll HTTP/1.1\r\n${head}`, 405],
  ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a target of 40,000 characters', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\n${head}`, 431],
  ['no URL at all', `GET // HTTP/1.1\r\n${head}`, 400],
  ['another method', `BREW /sdk/poll HTTP/1.1\r\n${head}`, 400],
  ['a method that changes', `DELETE /sdk/flags/a HTTP/1.1\r\n${head}`, 405],
  [
    'a key that begins right',
    `GET /sdk/poll HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}x\r\nconnection: close\r\n\r\n`,
    401,
  ],
] as const)('answers %s, without effect on other clients', async (_, bytes, status) => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(await upstream('one')) }, { logger })
  await relay.started
  const answer = await say(relay, bytes)
  expect(answer.split('\r\n', 1)[0]).toContain(` ${status} `)
  expect(answer.toLowerCase()).not.toContain('\r\nx-evil')
  expect((await ask(relay, '/sdk/poll', keyed)).status).toBe(200)
  expect(log.join('\n')).not.toContain(SDK_KEY)
})

it('closes the connection after an unknown transfer coding, and does not parse what follows as a request', async () => {
  const relay = await start({ endpoints: NOWHERE })
  const first = 'GET /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n'
  const answer = await say(relay, `${first}GET /status HTTP/1.1\r\nhost: x\r\n\r\n`)
  expect(answer.match(/HTTP\/1\.1 \d+/g)?.length ?? 0).toBeLessThanOrEqual(1)
  expect(answer).not.toContain('environments')
})

it('closes the connection of a CONNECT request without an answer', async () => {
  const relay = await start({ endpoints: NOWHERE })
  expect(await say(relay, `CONNECT relay:443 HTTP/1.1\r\n${head}`)).toBe('')
})

it('logs repeated malformed requests once', async () => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(await upstream('one')) }, { logger })
  await relay.started
  for (let serial = 0; serial < 20; serial++) {
    await say(relay, 'nonsense\r\n\r\n')
    await ask(relay, '/sdk/poll', { authorization: `sdk-wrong-${serial}` })
  }
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(2)
  expect(log.join('\n')).not.toContain('sdk-wrong')
})

it('closes connections with no or an incomplete request, without effect on others', async () => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  const secure = await start({ endpoints: NOWHERE, tls: TLS })
  await relay.started
  const silent = await Promise.all(Array.from({ length: 500 }, () => open(relay)))
  // During a handshake.
  silent.push(await open(secure))
  const slow = await open(relay)
  slow.write('GET /sdk/poll HTTP/1.1\r\nhost: x\r\n')
  slow.resume()
  const dripping = setInterval(() => slow.write('x: y\r\n'), 500)
  onTestFinished(() => clearInterval(dripping))
  expect((await ask(relay, '/sdk/poll', keyed)).status).toBe(200)
  for (const socket of silent) socket.resume()
  const all = [...silent, slow]
  await expect.poll(() => all.filter(({ closed }) => !closed).length, { interval: 200 }).toBe(0)
  expect((await ask(relay, '/sdk/poll', keyed)).status).toBe(200)
})

it('(S95) serves over TLS with the configured certificate', async () => {
  const relay = await start({ endpoints: at(await upstream('one')), tls: TLS })
  await relay.started
  expect(relay.url).toMatch(/^https:/)
  const ca = readFileSync(certificatePath('ca.cert.pem'))
  const outgoing = request(`${relay.url}/sdk/flags/a`, { ca, servername: 'localhost', headers: keyed }).end()
  const [response] = await once(outgoing, 'response')
  expect(response.statusCode).toBe(200)
  response.destroy()
})

it('(S95) the stream /flags has no segments', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  await relay.started
  const response = await fetch(`${relay.url}/flags`, { headers: keyed })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  onTestFinished(() => reader?.cancel())
  let text = ''
  const until = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) text += (await reader?.read())?.value
  }
  await until('\n\n')
  expect(text).toBe(`event: put\ndata: ${JSON.stringify({ a: constant('a', 1, 'one') })}\n\n`)
  served.change({ op: 'put', kind: 'segment', key: 's', version: 2, object: { key: 's', version: 2 } })
  served.change(put('a', 3, constant('a', 3, 'two')))
  await until('two')
  expect(text.split('\n\n').slice(1)).toEqual([
    `event: patch\ndata: ${JSON.stringify({ path: '/a', data: constant('a', 3, 'two') })}`,
    '',
  ])
})

it('(S95) caches may keep single objects for the TTL of their environment', async () => {
  const environments = [{ name: 'test', sdkKey: SDK_KEY, ttlMs: 300_000 }]
  const relay = await start({ endpoints: at(await upstream('one')), environments })
  await relay.started
  const caching = async (path: string) => (await ask(relay, path, keyed)).headers.get('cache-control')
  expect(await caching('/sdk/flags')).toBe('max-age=300')
  expect(await caching('/sdk/flags/a')).toBe('max-age=300')
  expect(await caching('/sdk/latest-all')).toBe('no-cache')
  expect(await caching('/sdk/poll')).toBe('no-cache')
})

it.each(['a/b', 'a b', 'é', '%2e%2e', '__proto__', 'a?b#c', '...'])(
  '(S192) a flag with the key %j is found, because its path segment is decoded once',
  async (key) => {
    const relay = await start({ endpoints: at(await serve({ flags: { [key]: constant(key, 1, 'one') } })) })
    await relay.started
    const { status, body } = await ask(relay, `/sdk/flags/${encodeURIComponent(key)}`, keyed)
    expect([status, body?.key]).toEqual([200, key])
  },
)

it('(S196.2) does not log a client that leaves during a request or an answer', async () => {
  const { log, logger } = notes()
  const flags = { a: constant('a', 1, 'x'.repeat(8 * 1024 * 1024)) }
  const relay = await start({ endpoints: at(await serve({ flags })) }, { logger })
  await relay.started
  const half = await open(relay)
  half.end('GET /sdk/poll HTTP/1.1\r\nhost')
  half.resume()
  await once(half, 'close')
  for (let serial = 0; serial < 5; serial++) {
    const socket = await open(relay)
    socket.write(`GET /sdk/latest-all HTTP/1.1\r\n${head}`)
    await once(socket, 'data')
    socket.resetAndDestroy()
  }
  expect((await ask(relay, '/sdk/flags/none', keyed)).status).toBe(404)
  expect(log.filter((line) => /^(warn|error)/.test(line))).toEqual([])
})

it.each(['EPIPE', 'ECONNRESET'])('(S196) does not log %s of a connection', (code) => {
  const warnings: string[] = []
  const socket = new PassThrough()
  const error = Object.assign(new Error('write'), { code })
  rejectConnection({ error, socket, isAnswering: false, warn: (text) => warnings.push(text) })
  expect([socket.destroyed, warnings]).toEqual([true, []])
})

it('(S196.3) a TLS relay logs failed handshakes of scanners once, and continues to serve', async () => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: NOWHERE, tls: TLS }, { logger })
  for (let serial = 0; serial < 3; serial++) {
    const socket = await open(relay)
    socket.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
  }
  expect(log.filter((line) => line.includes('the TLS handshake failed (ERR_SSL_HTTP_REQUEST)'))).toHaveLength(
    1,
  )
})
