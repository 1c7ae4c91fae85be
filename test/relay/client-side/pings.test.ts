import { Agent, type IncomingMessage, request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { serve } from '../../client/starting.ts'
import { at, NOWHERE, start } from '../starting.ts'
import { base64, ENV_ID, ENVIRONMENT, MOBILE_KEY, startClientSide } from './starting.ts'

const CONTEXT = base64({ kind: 'user', key: 'u' })
const PING = 'event: ping\ndata:  \n\n'

interface Stream {
  readonly answer: IncomingMessage
  readonly pings: number
  readonly text: string
}

interface Target {
  readonly path: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Opens a stream on a connection of its own. It ends with the test. */
function open(relay: RelayServer, { path, method = 'GET', headers = {}, body }: Target): Promise<Stream> {
  const agent = new Agent({ maxSockets: Infinity })
  const stream = request(relay.url + path, { method, headers, agent })
  onTestFinished(() => void stream.destroy())
  return new Promise((resolve, reject) => {
    stream.on('error', reject)
    stream.on('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      // The relay closes the connection when the test ends.
      answer.on('error', () => undefined)
      resolve({
        answer,
        get pings() {
          return text.split(PING).length - 1
        },
        get text() {
          return text
        },
      })
    })
    stream.end(body)
  })
}

const MOBILE = { headers: { authorization: MOBILE_KEY } }

const BODY = {
  body: JSON.stringify({ kind: 'user', key: 'u' }),
  headers: { 'content-type': 'application/json' },
}

const STREAMS: Readonly<Record<'browser' | 'mobile', readonly Target[]>> = {
  browser: [
    { path: `/ping/${ENV_ID}` },
    { path: `/eval/${ENV_ID}/${CONTEXT}` },
    { path: `/eval/${ENV_ID}`, method: 'REPORT', ...BODY },
    { path: `/sdk/stream/eval/${CONTEXT}?auth=${ENV_ID}` },
    { path: `/sdk/stream/eval?auth=${ENV_ID}`, method: 'POST', ...BODY },
    { path: `/sdk/stream/eval?auth=${ENV_ID}`, method: 'REPORT', ...BODY },
  ],
  mobile: [
    { path: '/mping', ...MOBILE },
    { path: `/meval/${CONTEXT}`, ...MOBILE },
    { path: '/meval', method: 'REPORT', body: BODY.body, headers: { ...BODY.headers, ...MOBILE.headers } },
    { path: `/sdk/stream/eval/${CONTEXT}`, ...MOBILE },
  ],
}

describe.each(['browser', 'mobile'] as const)('the streams of %s', (audience) => {
  const other = audience === 'browser' ? 'mobile' : 'browser'

  it.each(STREAMS[audience])('(CS20.1, CS20.2) $method $path pings at once', async (target) => {
    const { relay } = await startClientSide()
    const stream = await open(relay, target)
    expect(stream.answer.statusCode).toBe(200)
    expect(stream.answer.headers['content-type']).toBe('text/event-stream')
    expect(stream.answer.headers.connection).toBe('close')
    expect(stream.answer.headers['transfer-encoding']).toBeUndefined()
    await expect.poll(() => stream.text).toBe(PING)
  })

  it('(CS20.3) ping once for a visible flag, and not for others', async () => {
    const { relay, change } = await startClientSide()
    const streams = await Promise.all(STREAMS[audience].map((target) => open(relay, target)))
    const pings = (): readonly number[] => streams.map((stream) => stream.pings)
    await expect.poll(pings).toEqual(streams.map(() => 1))
    change('hidden', 2)
    change(other, 2)
    change(audience, 2)
    await expect.poll(pings).toEqual(streams.map(() => 2))
    expect(streams.map(({ text }) => text)).toEqual(streams.map(() => PING + PING))
  })
})

it('(CS20.2) a stream is silent until there is data', async () => {
  const relay = await start({ endpoints: NOWHERE, environments: [ENVIRONMENT], initTimeoutMs: 1 })
  const stream = await open(relay, { path: `/ping/${ENV_ID}` })
  expect([stream.answer.statusCode, stream.pings]).toEqual([200, 0])
  const service = await serve({})
  const late = await start({ environments: [ENVIRONMENT], initTimeoutMs: 1, endpoints: at(service) })
  const served = await open(late, { path: `/ping/${ENV_ID}` })
  await expect.poll(() => served.pings).toBe(1)
})

it('(CS20.3) 2,000 streams receive one ping for a visible change, and none for an invisible one', async () => {
  const { relay, change } = await startClientSide()
  const target = (index: number): Target => {
    const all = STREAMS[index % 2 === 0 ? 'browser' : 'mobile']
    return all[index % all.length] as Target
  }
  const streams: Stream[] = []
  for (let batch = 0; batch < 20; batch++) {
    const opened = Array.from({ length: 100 }, (_, index) => open(relay, target(batch * 100 + index)))
    streams.push(...(await Promise.all(opened)))
  }
  const counts = (): Readonly<Record<number, number>> => {
    const byPings: Record<number, number> = {}
    for (const { pings } of streams) byPings[pings] = (byPings[pings] ?? 0) + 1
    return byPings
  }
  await expect.poll(counts).toEqual({ 1: 2_000 })
  change('hidden', 2)
  change('browser', 2)
  await expect.poll(counts).toEqual({ 1: 1_000, 2: 1_000 })
  change('mobile', 2)
  await expect.poll(counts).toEqual({ 2: 2_000 })
  expect(relay.view.environments[0]?.clients.pings).toBe(2_000)
})

it('(CS20.4) a client that does not read holds at most one ping', async () => {
  const { relay, change } = await startClientSide()
  const reading = await open(relay, { path: `/ping/${ENV_ID}` })
  const slow = await open(relay, { path: `/ping/${ENV_ID}` })
  await expect.poll(() => [reading.pings, slow.pings]).toEqual([1, 1])
  slow.answer.pause()
  for (let version = 2; version < 50; version++) {
    change('browser', version)
    await expect.poll(() => reading.pings).toBe(version)
  }
  slow.answer.resume()
  await expect.poll(() => slow.pings).toBeGreaterThan(1)
  expect(slow.pings).toBeLessThanOrEqual(49)
})

it.each<[string, Target, number]>([
  ['text that is not Base64', { path: `/eval/${ENV_ID}/%7B%7D` }, 400],
  ['Base64 of no JSON', { path: '/meval/bm9uc2Vuc2U', ...MOBILE }, 400],
  ['no context', { path: `/sdk/stream/eval/${base64({ kind: 'user' })}?auth=${ENV_ID}` }, 400],
  ['a body that is no context', { path: `/eval/${ENV_ID}`, method: 'REPORT', ...BODY, body: '{}' }, 400],
  ['a body of another type', { path: `/eval/${ENV_ID}`, method: 'REPORT', body: BODY.body }, 415],
  [
    'a body that is too long',
    { path: `/eval/${ENV_ID}`, method: 'REPORT', ...BODY, body: 'x'.repeat(2_000) },
    413,
  ],
])('(CS20.5) refuses %s', async (_, target, status) => {
  const { relay } = await startClientSide({ maxClientBodyBytes: 1_000 })
  const { answer } = await open(relay, target)
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'application/json'])
})

it('(CS20.6) a stream ends without a goodbye when the relay closes, and after its lifetime', async () => {
  const { relay } = await startClientSide()
  const brief = await startClientSide({ maxClientConnectionMs: 50 })
  const stream = await open(relay, { path: `/ping/${ENV_ID}` })
  const limited = await open(brief.relay, { path: `/ping/${ENV_ID}` })
  await expect.poll(() => limited.answer.complete).toBe(true)
  expect(limited.text).toBe(PING)
  await relay.close()
  await expect.poll(() => stream.answer.complete).toBe(true)
  expect(stream.text).toBe(PING)
})
