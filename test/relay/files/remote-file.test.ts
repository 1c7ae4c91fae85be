import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import { RemoteFile, type RemoteReading } from '../../../src/relay/files/remote-file.ts'
import { undiciTransport } from '../../../src/transport/undici-transport.ts'
import { RestartableServer } from '../../support/restartable-server.ts'
import { timeLapse } from './time-lapse.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const SECRET = 'signature-4711'

interface Remote {
  answer: Answer
  read(signal?: AbortSignal): Promise<RemoteReading>
  readonly requests: readonly IncomingMessage[]
  readonly url: string
}

/** Starts a server that answers each request with the current answer, and a file at an address with a secret in its query. */
async function remote(
  path = '/flags.json',
  authorization?: string,
  clock: Clock = systemClock,
): Promise<Remote> {
  const requests: IncomingMessage[] = []
  const server = new RestartableServer((request, response) => {
    requests.push(request)
    served.answer(request, response)
  })
  await server.start()
  const transport = undiciTransport()
  onTestFinished(async () => {
    await transport.close()
    await server.stop()
  })
  const file = new RemoteFile({
    url: `${server.url}${path}?sig=${SECRET}`,
    authorization,
    headers: {},
    transport,
    clock,
  })
  const served: Remote = {
    answer: (_request, response) => response.end('{}'),
    read: (signal = new AbortController().signal) => file.read(signal),
    requests,
    url: server.url,
  }
  return served
}

const text =
  (body: string, headers: Record<string, string> = {}, status = 200): Answer =>
  (_request, response) =>
    response.writeHead(status, headers).end(body)

const FLAGS = '{"flagValues":{"a":1}}'

async function failure(served: Remote): Promise<string> {
  const reading = await served.read()
  if (reading.type !== 'failed') throw new Error(`the request did not fail: ${reading.type}`)
  expect(reading.error.message).not.toContain(SECRET)
  return reading.error.message.replaceAll(served.url, 'URL')
}

it('(FS5.1) sends If-None-Match and Authorization, and reads a file again only if it has changed', async () => {
  const served = await remote('/flags.json', 'Bearer token')
  served.answer = ({ headers }, response) =>
    headers['if-none-match'] === '"1"'
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"1"' }).end(FLAGS)
  expect(await served.read()).toMatchObject({ type: 'content' })
  expect(await served.read()).toEqual({ type: 'same' })
  expect(await served.read()).toEqual({ type: 'same' })
  expect(served.requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"1"', '"1"'])
  expect(new Set(served.requests.map(({ headers }) => headers.authorization))).toEqual(
    new Set(['Bearer token']),
  )
  expect(served.requests[0]?.url).toBe(`/flags.json?sig=${SECRET}`)
})

it('(FS5.2) reads YAML if the content type or the path says so, and JSON otherwise', async () => {
  const yaml = 'flagValues: { a: 1 }'
  for (const [path, type, body] of [
    ['/flags.yaml', 'text/plain', yaml],
    ['/flags', 'application/yaml', yaml],
    ['/flags.yml', 'application/json', FLAGS],
    ['/flags', 'application/octet-stream', `\ufeff${FLAGS}`],
  ] as const) {
    const served = await remote(path)
    served.answer = text(body, { 'content-type': type })
    expect(await served.read(), `${path} ${type}`).toMatchObject({ type: 'content' })
  }
})

it('(FS5.3) entity tags that change or are missing cause no change, and an unasked 304 is an error', async () => {
  const served = await remote()
  let count = 0
  served.answer = (_request, response) => response.writeHead(200, { etag: `"${count++}"` }).end(FLAGS)
  expect(await served.read()).toMatchObject({ type: 'content' })
  expect(await served.read()).toEqual({ type: 'same' })
  served.answer = text(FLAGS)
  expect(await served.read()).toEqual({ type: 'same' })
  served.answer = text('', {}, 304)
  expect(await failure(served)).toBe('URL/flags.json: the server answered 304')
})

it('(FS5.4) a file that was invalid stays so while the server says that it has not changed', async () => {
  const served = await remote()
  served.answer = ({ headers }, response) =>
    headers['if-none-match']
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"1"' }).end('{')
  const message = 'URL/flags.json:1:2: the file ends in the middle of its JSON'
  expect(await failure(served)).toBe(message)
  expect(await failure(served)).toBe(message)
})

const HTML =
  'URL/flags.json: the answer is an HTML page, not a flag file; give the address of the file itself, and urlAuthorization if the server requires a login'

const BOMB = gzipSync(Buffer.alloc(129 * 2 ** 20))

const TOO_LONG = 'URL/flags.json: the body is longer than 134217728 bytes'

it.each<readonly [string, Answer, string | RegExp]>([
  ['404', text('', {}, 404), 'URL/flags.json: the server answered 404'],
  ['401', text('', {}, 401), 'URL/flags.json: the server answered 401 (is the urlAuthorization right?)'],
  ['500', text('oops', {}, 500), 'URL/flags.json: the server answered 500'],
  ['an HTML page', text('<p>', { 'content-type': 'text/html; charset=utf-8' }), HTML],
  ['an HTML page without a type', text('\n<!DOCTYPE html><html>'), HTML],
  ['nothing', text(''), 'URL/flags.json: the file is empty; without flags, its content is {}'],
  ['another text', text('hello'), 'URL/flags.json:1:1: unexpected "h" in JSON'],
  [
    'a redirect to another origin',
    text('', { location: `http://elsewhere.invalid/?sig=${SECRET}` }, 302),
    'URL/flags.json: redirect refused: it leads to another origin, http://elsewhere.invalid',
  ],
  [
    'a redirect to itself',
    text('', { location: '?again' }, 302),
    'URL/flags.json: redirect refused: more than 3',
  ],
  [
    'bytes that are not UTF-8',
    (_request, response) => response.end(Buffer.from([0x7b, 0xff, 0x7d])),
    'URL/flags.json: the body is not UTF-8',
  ],
  [
    'a broken compression',
    text('no gzip', { 'content-encoding': 'gzip' }),
    /^URL\/flags\.json: the body cannot be inflated/,
  ],
  [
    'a compressed body that becomes very long',
    (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
    TOO_LONG,
  ],
  [
    'a body that announces too much',
    (_request, response) => response.writeHead(200, { 'content-length': String(2 ** 40) }).write('{'),
    TOO_LONG,
  ],
  [
    'a closed connection',
    (_request, response) => response.destroy(),
    /^URL\/flags\.json: .*\(UND_ERR_SOCKET\)$/,
  ],
])(
  '(FS5.5) fails clearly, and without the query, for a server that answers with %s',
  async (_name, answer, message) => {
    const served = await remote()
    served.answer = answer
    const found = await failure(served)
    if (typeof message === 'string') expect(found).toBe(message)
    else expect(found).toMatch(message)
    served.answer = text(FLAGS)
    expect(await served.read()).toMatchObject({ type: 'content' })
  },
)

it.each<readonly [string, Answer, RegExp]>([
  ['no answer', () => {}, /^URL\/flags\.json: no byte for 10 s$/],
  [
    'half of an answer',
    (_request, response) => void response.writeHead(200).write('{'),
    /^URL\/flags\.json: no byte for 10 s$/,
  ],
  [
    'an answer that never ends',
    (_request, response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    },
    /^URL\/flags\.json: no (?:complete answer within 60|byte for 10) s$/,
  ],
])('(FS5.5) abandons a server that sends %s', async (_name, answer, message) => {
  const served = await remote('/flags.json', undefined, timeLapse(systemClock, 20))
  served.answer = answer
  expect(await failure(served)).toMatch(message)
})

it('(FS5.6) follows redirects within the origin', async () => {
  const served = await remote()
  served.answer = ({ url }, response) =>
    url === '/real' ? response.end(FLAGS) : response.writeHead(302, { location: '/real' }).end()
  expect(await served.read()).toMatchObject({ type: 'content' })
})
