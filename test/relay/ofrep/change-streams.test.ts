import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { rethrow } from '../../../src/async/listeners.ts'
import { ChangeStreams } from '../../../src/relay/ofrep/change-streams.ts'
import type { SdkRequest } from '../../../src/relay/sdk-request.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { Random } from '../../support/random.ts'
import { ENV_ID, ENVIRONMENT, MOBILE_KEY, startClientSide } from '../client-side/starting.ts'
import { at, NOWHERE, start } from '../starting.ts'
import { ALL, askOfrep, flagsOf, KEYED, type OfrepAnswer, openStream, streamOf } from './asking.ts'

const KEYS = { server: KEYED['x-api-key'], mobile: MOBILE_KEY, browser: ENV_ID } as const

type Kind = keyof typeof KEYS

const keyed = (kind: Kind): Record<string, string> => ({ 'x-api-key': KEYS[kind] })

async function uriOf(relay: Parameters<typeof askOfrep>[0], kind: Kind): Promise<string> {
  return streamOf(await askOfrep(relay, { headers: keyed(kind) }))
}

describe('a stream of changes', () => {
  it('(RO6.1, RO6.2) begins with an event', async () => {
    const { relay } = await startClientSide({ heartbeatMs: 20 })
    const stream = await openStream(relay, await uriOf(relay, 'browser'))
    expect([stream.answer.statusCode, stream.answer.headers['content-type']]).toEqual([
      200,
      'text/event-stream',
    ])
    await expect.poll(() => stream.text).toMatch(/\n:\n\n/)
    expect(stream.text).toMatch(
      /^id: (\S+)\nevent: message\ndata: {"type":"refetchEvaluation","etag":"\1"}\n\n/,
    )
    expect(relay.view.environments[0]?.clients.pings).toBe(1)
  })

  it('(RO7.1, RO7.3) reports each change that its kind of client sees, and no other', async () => {
    const { relay, change } = await startClientSide()
    const kinds = ['server', 'mobile', 'browser'] as const
    const streams = await Promise.all(kinds.map(async (kind) => openStream(relay, await uriOf(relay, kind))))
    const counts = (): readonly number[] => streams.map(({ ids }) => ids.length)
    await expect.poll(counts).toEqual([1, 1, 1])
    change('hidden', 2)
    await expect.poll(counts).toEqual([2, 1, 1])
    change('browser', 2)
    await expect.poll(counts).toEqual([3, 1, 2])
    change('mobile', 2)
    await expect.poll(counts).toEqual([4, 2, 2])
    expect(new Set(streams[0]?.ids).size).toBe(4)
  })

  it('(RO6.2) is silent for a client that has the last event, and reports what it missed', async () => {
    const { relay, change } = await startClientSide()
    const uri = await uriOf(relay, 'browser')
    const first = await openStream(relay, uri)
    await expect.poll(() => first.ids).toHaveLength(1)
    const [id = ''] = first.ids
    const resumed = await openStream(relay, uri, { 'last-event-id': id })
    change('hidden', 2)
    change('browser', 2)
    await expect.poll(() => first.ids).toHaveLength(2)
    await expect.poll(() => resumed.ids).toEqual(first.ids.slice(1))
    const late = await openStream(relay, uri, { 'last-event-id': id })
    await expect.poll(() => late.ids).toEqual(first.ids.slice(1))
  })

  it('(RO6.1, RO6.2) is silent for a client that has the last event from another relay', async () => {
    const { relay, service, change } = await startClientSide()
    const other = await start({ endpoints: at(service), environments: [ENVIRONMENT] })
    await other.started
    const first = await openStream(relay, await uriOf(relay, 'browser'))
    await expect.poll(() => first.ids).toHaveLength(1)
    const [id = ''] = first.ids
    const resumed = await openStream(other, await uriOf(other, 'browser'), { 'last-event-id': id })
    change('browser', 2)
    await expect.poll(() => first.ids).toHaveLength(2)
    await expect.poll(() => resumed.ids).toEqual(first.ids.slice(1))
  })

  it('(RO6.2) is silent before there is data', async () => {
    const relay = await start({ endpoints: NOWHERE, initTimeoutMs: 1, heartbeatMs: 20 })
    const stream = await openStream(relay, '/ofrep/v1/events', keyed('server'))
    await expect.poll(() => stream.text).toContain(':\n\n')
    expect(stream.ids).toEqual([])
  })

  it('(RO6.3, RO6.4) needs its token or a key; the token is no key', async () => {
    const { relay } = await startClientSide()
    const uri = await uriOf(relay, 'browser')
    const token = uri.split('=')[1] ?? ''
    for (const [path, headers, status] of [
      [uri, {}, 200],
      ['/ofrep/v1/events', keyed('browser'), 200],
      ['/ofrep/v1/events', {}, 401],
      [`${uri}x`, {}, 401],
      [`/ofrep/v1/events?token=${ENV_ID}`, {}, 401],
      ['/ofrep/v1/events', { 'x-api-key': token }, 401],
    ] as const)
      expect((await openStream(relay, path, headers)).answer.statusCode, path).toBe(status)
    expect((await askOfrep(relay, { headers: { 'x-api-key': token } })).status).toBe(401)
  })

  it('(RO6.3) ends when its key expires, and its token with it', async () => {
    const clock = new VirtualClock()
    const more = [{ value: 'sdk-old', until: clock.now() + 60_000 }]
    const { relay } = await startClientSide(
      { environments: [{ name: 'test', sdkKey: KEYS.server, moreSdkKeys: more }] },
      { clock },
    )
    const uri = streamOf(await askOfrep(relay, { headers: { authorization: 'Bearer sdk-old' } }))
    const stream = await openStream(relay, uri)
    expect(stream.answer.statusCode).toBe(200)
    await clock.advance(59_999)
    expect(stream.answer.complete).toBe(false)
    await clock.advance(1)
    await expect.poll(() => stream.answer.complete).toBe(true)
    expect((await openStream(relay, uri)).answer.statusCode).toBe(401)
    expect((await askOfrep(relay, { headers: { authorization: 'Bearer sdk-old' } })).status).toBe(401)
  })

  it('(RO6.5, RO8.4) appears in logs and metrics by the template of its path', async () => {
    const lines: string[] = []
    const write = (message: string): void => void lines.push(message)
    const logger = { debug: write, info: write, warn: write, error: write }
    const { relay } = await startClientSide({ logLevel: 'debug' }, { logger })
    const uri = await uriOf(relay, 'browser')
    await openStream(relay, uri)
    await askOfrep(relay, { path: '/ofrep/v1/evaluate/flags/secret-flag' })
    const metrics = await (await fetch(`${relay.url}/metrics`)).text()
    expect(metrics).toContain('route="/ofrep/v1/events"')
    expect(metrics).toContain('route="/ofrep/v1/evaluate/flags/{key}"')
    expect(metrics).toContain('route="/ofrep/v1/evaluate/flags"')
    const written = metrics + lines.join('\n')
    expect(lines.join('\n')).toContain('/ofrep/v1/events')
    expect(written).not.toContain(uri.split('=')[1])
    expect(written).not.toContain('secret-flag')
  })
})

it('(RO7.2) delays a change at random, and merges changes during the delay', async () => {
  const clock = new VirtualClock()
  const settings = {
    clock,
    heartbeatMs: 3_600_000,
    stallMs: 3_600_000,
    lifetimeMs: () => Infinity,
    closing: new AbortController().signal,
    onStall() {},
  }
  const random = new Random(1)
  const streams = new ChangeStreams({
    clock,
    random: () => random.next(),
    jitterMs: 10_000,
    onError: rethrow,
    settings,
  })
  const written = new Map<number, string[]>()
  const open = async (index: number, lastEventId: string): Promise<void> => {
    const request = new IncomingMessage(new Socket())
    request.headers['last-event-id'] = lastEventId
    const response = new ServerResponse(request)
    const texts: string[] = []
    written.set(index, texts)
    vi.spyOn(response, 'write').mockImplementation((chunk: unknown) => {
      texts.push(String(chunk))
      return true
    })
    await streams.answer({ request, response, audience: 'mobile', expired: settings.closing } as SdkRequest)
  }
  const audiences = new Set(['mobile'] as const)
  streams.announce({ audiences, state: () => 'one' })
  for (let index = 0; index < 100; index++) await open(index, 'one')
  const received = (): number => [...written.values()].filter((texts) => texts.length > 0).length
  expect([received(), streams.clients]).toEqual([0, 100])
  streams.announce({ audiences, state: () => 'two' })
  streams.announce({ audiences, state: () => 'three' })
  await clock.advance(5_000)
  expect(received()).toBeGreaterThan(20)
  expect(received()).toBeLessThan(80)
  await clock.advance(5_000)
  expect(received()).toBe(100)
  for (const texts of written.values()) expect(texts).toEqual([expect.stringContaining('id: three\n')])
  streams.close()
})

it('(RO5.4, RO6.1) a relay that has not received a change yet waits for it', async () => {
  const ahead = await startClientSide()
  const behind = await startClientSide({}, { clock: new VirtualClock() })
  const stream = await openStream(ahead.relay, await uriOf(ahead.relay, 'browser'))
  await expect.poll(() => stream.ids).toHaveLength(1)
  ahead.change('browser', 2)
  await expect.poll(() => stream.ids).toHaveLength(2)
  const { etag } = JSON.parse(stream.text.split('data: ').at(-1) ?? '') as { readonly etag: string }
  const headers = keyed('browser')
  const request = { path: `${ALL}?flagConfigEtag=${encodeURIComponent(etag)}`, headers }
  let answered: OfrepAnswer | undefined
  const waiting = askOfrep(behind.relay, request).then((answer) => {
    answered = answer
  })
  for (let count = 0; count < 10; count++) await askOfrep(behind.relay, { headers })
  expect(answered).toBeUndefined()
  behind.change('browser', 2)
  await waiting
  expect(answered && flagsOf(answered)).toMatchObject({ browser: { value: 'browser 2' } })
  behind.change('browser', 3)
  // A state of the past is not waited for.
  await expect
    .poll(async () => flagsOf(await askOfrep(behind.relay, request)))
    .toMatchObject({ browser: { value: 'browser 3' } })
})
