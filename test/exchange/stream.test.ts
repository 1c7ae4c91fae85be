import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/exchange/endpoint.ts'
import { fdv2Stream } from '../../src/exchange/stream.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { toEventStream } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import {
  type Answer,
  bytes,
  delta,
  frame,
  full,
  LiveStream,
  none,
  type Origin,
  put,
  startOrigin,
  startRawOrigin,
  status,
} from '../support/origin.ts'
import { at, brief, endpointAt, NEVER, resultsOf } from './asking.ts'

const error: WireEvent = { event: 'error', data: { id: 'p', reason: 'busy' } }
const goodbye: WireEvent = { event: 'goodbye', data: { reason: 'rebalancing' } }

/** Returns an answer that sends these events and ends regularly. */
function saying(...events: readonly (readonly WireEvent[] | WireEvent)[]): Answer {
  return bytes(200, { 'content-type': 'text/event-stream' }, toEventStream(events.flat()))
}

async function streaming(answers: readonly Answer[], changed: Partial<Endpoint> = {}) {
  const origin = await startOrigin()
  origin.stream.next(...answers)
  const connect = fdv2Stream(endpointAt(`${origin.url}/sdk/stream`, changed))
  const listen = async (state?: string): Promise<string[]> =>
    (await resultsOf(connect(state === undefined ? undefined : at(state), NEVER))).map(brief)
  return { origin, connect, listen }
}

/** A connection to a live stream, read one result at a time; signs of life are given too. */
async function live(stream: LiveStream, changed: Partial<Endpoint> = {}) {
  const { origin, connect } = await streaming([stream.answer], changed)
  const controller = new AbortController()
  const results = connect(undefined, controller.signal)[Symbol.asyncIterator]()
  const next = async (): Promise<SourceResult> => {
    const { done, value } = await results.next()
    return done ? expect.fail('it ended') : value
  }
  return { origin, results, next, controller }
}

function disconnected(origin: Origin): Promise<void> {
  return origin.until(() => origin.connections === 0, 'the end of the connection')
}

describe('fdv2Stream', () => {
  it('S166.1: a 404 says that the service may not speak FDv2, and how to use FDv1', async () => {
    const { connect } = await streaming([status(404)])
    const [failure] = await resultsOf(connect(undefined, NEVER))
    expect(failure).toMatchObject({
      type: 'terminalError',
      error: {
        message: expect.stringMatching(/^the server answered 404 \(.*FDv2.*HALYARD_DATA_SAVING_MODE=off/),
      },
    })
  })

  it('says who asks and what it wants, at its basis', async () => {
    const { origin, listen } = await streaming([saying(), saying()])
    await listen()
    await listen('(p:a b:1)')
    expect(origin.stream.received.map(({ url }) => url)).toEqual([
      '/sdk/stream',
      `/sdk/stream?basis=${encodeURIComponent('(p:a b:1)')}`,
    ])
    expect(origin.stream.received[0]?.headers).toMatchObject({
      authorization: 'sdk-test',
      'user-agent': 'Halyard/test',
      accept: 'text/event-stream',
      'cache-control': 'no-cache',
    })
    expect(origin.stream.received[0]?.headers).not.toHaveProperty('accept-encoding')
  })

  it('yields each transfer as one change set, in order, and then the reason for its end', async () => {
    const { connect } = await streaming([saying(full('s1', put('a')), delta('s2', put('b')), none('s2'))])
    const results = await resultsOf(connect(undefined, NEVER))
    expect(results.map(brief)).toEqual(['full a @s1', 'partial b @s2', 'none', 'interrupted'])
    expect(results.at(-1)).toEqual({
      type: 'interrupted',
      error: { kind: 'network_error', message: 'the server ended the stream' },
    })
  })

  it('(D13.7) drops an unfinished payload before the next connection', async () => {
    const [intent, first, second, end] = full('s1', put('a'), put('b'))
    const parts = [intent, first, second, end].filter((event) => event !== undefined)
    const { listen } = await streaming([
      saying(...parts.slice(0, 2)),
      saying(...parts.slice(2)),
      saying(delta('s2', put('c')).slice(0, 2)),
      saying(full('s3', put('d'))),
    ])
    expect(await listen()).toEqual(['interrupted'])
    // Without its own intent, it is a violation, not the rest of the earlier payload.
    expect(await listen()).toEqual(['interrupted'])
    expect(await listen()).toEqual(['interrupted'])
    expect(await listen()).toEqual(['full d @s3', 'interrupted'])
  })

  it('(D7.1) ends with a goodbye, drops an unfinished payload, and closes the connection', async () => {
    const stream = new LiveStream([
      ...full('s1', put('a')),
      put('b') && error,
      goodbye,
      ...full('s9', put('z')),
    ])
    const { origin, connect } = await streaming([stream.answer])
    const results = await resultsOf(connect(undefined, NEVER))
    expect(results.map(brief)).toEqual(['full a @s1', 'aborted', 'goodbye'])
    expect(results.at(-1)).toEqual({ type: 'goodbye', reason: 'rebalancing' })
    await disconnected(origin)
  })

  it('(D13.5) keeps the connection on an error event; what follows a transfer is a change set', async () => {
    const [, change, end] = delta('s2', put('b'))
    const { connect } = await streaming([
      saying(
        full('s1', put('a')),
        [change, error].filter((event) => event !== undefined),
        [change, end].filter((event) => event !== undefined),
      ),
    ])
    const results = await resultsOf(connect(undefined, NEVER))
    expect(results.map(brief)).toEqual(['full a @s1', 'aborted', 'partial b @s2', 'interrupted'])
    expect(results[1]).toEqual({
      type: 'aborted',
      error: { kind: 'error_response', message: 'the server abandoned a payload: busy' },
    })
  })

  it('(D13.6) accepts only a new intent after an error inside a full transfer', async () => {
    const [intent, change, end] = full('s1', put('a'))
    const wire = (...events: readonly (WireEvent | undefined)[]) =>
      events.filter((event) => event !== undefined)
    const { connect, listen } = await streaming([
      saying(wire(intent, change, error, change, end)),
      saying(wire(intent, change, error), full('s2', put('b'))),
    ])
    expect(await resultsOf(connect(undefined, NEVER))).toMatchObject([
      { type: 'aborted' },
      { type: 'interrupted', error: { kind: 'invalid_data', event: 'put-object', key: 'a' } },
    ])
    expect(await listen()).toEqual(['aborted', 'full b @s2', 'interrupted'])
  })

  it.each([
    ['text/html', false],
    ['application/json', false],
    ['text/event-stream', true],
    ['text/event-stream; charset=utf-8', true],
    ['Text/Event-Stream', true],
  ])('takes content type %s for a stream: %s', async (type, accepted) => {
    const { origin, connect } = await streaming([
      (_, response) => {
        response
          .writeHead(200, { 'content-type': type })
          .write(toEventStream([...full('s1', put('a')), goodbye]))
      },
    ])
    const [first] = await resultsOf(connect(undefined, NEVER))
    if (accepted) expect(brief(first)).toBe('full a @s1')
    else {
      expect(first).toMatchObject({
        type: 'interrupted',
        error: { kind: 'invalid_data', message: expect.stringContaining(type) },
      })
      await disconnected(origin)
    }
  })

  it('accepts an answer without a content type as a stream', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\nconnection: close\r\n\r\n'
    const raw = await startRawOrigin((_, socket) => socket.end(head + toEventStream(full('s1', put('a')))))
    const results = await resultsOf(fdv2Stream(endpointAt(`${raw.url}/sdk/stream`))(undefined, NEVER))
    expect(results.map(brief)).toEqual(['full a @s1', 'interrupted'])
  })

  it('(D9) distinguishes recoverable from permanent failures, and closes the connection', async () => {
    const endless: Answer = (_, response) => void response.writeHead(503).write('sorry')
    const { origin, connect } = await streaming([status(403, { connection: 'close' }), endless])
    expect(await resultsOf(connect(undefined, NEVER))).toMatchObject([
      { type: 'terminalError', error: { status: 403 } },
    ])
    expect(await resultsOf(connect(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { status: 503 } },
    ])
    await disconnected(origin)
  })

  it.each([
    ['data that is not JSON', 'put-object', '{"kind":"flag"', { event: 'put-object' }],
    ['data that is no object', 'server-intent', '[]', { event: 'server-intent' }],
    [
      'an intent nobody knows',
      'server-intent',
      '{"payloads":[{"intentCode":"xfer-some"}]}',
      { event: 'server-intent' },
    ],
    [
      'a put without a kind',
      'put-object',
      '{"key":"k","version":1,"object":{}}',
      { event: 'put-object', key: 'k' },
    ],
    [
      'a delete without a version',
      'delete-object',
      '{"kind":"flag","key":"k"}',
      { event: 'delete-object', key: 'k' },
    ],
    ['a transfer without a state', 'payload-transferred', '{"version":1}', { event: 'payload-transferred' }],
  ])('(D13.4) drops the connection on %s, naming event and key', async (_, event, data, named) => {
    const stream = new LiveStream(() => toEventStream(full('s1', put('a'))) + frame(event, data))
    const { origin, connect } = await streaming([stream.answer])
    const results = await resultsOf(connect(undefined, NEVER))
    expect(results.map(brief)).toEqual(['full a @s1', 'interrupted'])
    expect(results.at(-1)).toMatchObject({ error: { kind: 'invalid_data', ...named } })
    await disconnected(origin)
  })

  it('(D13.1) ignores unknown events without parsing their data, also within a payload', async () => {
    const [intent, ...rest] = full('s1', put('a'))
    const text = [intent, ...rest]
      .map((event) => toEventStream(event ? [event] : []) + frame('weather', '{{{'))
      .join('')
    const { listen } = await streaming([bytes(200, { 'content-type': 'text/event-stream' }, text)])
    expect(await listen()).toEqual(['full a @s1', 'interrupted'])
  })

  it('(D13.3) skips a put whose object is null, and reports it', async () => {
    const [intent, change, end] = full('s1', put('a'))
    const nothing: WireEvent = {
      event: 'put-object',
      data: { kind: 'flag', key: 'n', version: 1, object: null },
    }
    const wire = [intent, nothing, change, end].filter((event) => event !== undefined)
    const { connect } = await streaming([saying(wire)])
    expect(await resultsOf(connect(undefined, NEVER))).toMatchObject([
      { type: 'skipped', key: 'n' },
      { type: 'changeSet', changeSet: { type: 'full', changes: [{ key: 'a' }] } },
      { type: 'interrupted' },
    ])
  })

  it('(D4.3) counts bytes of an unfinished payload as progress, and comments and heartbeats as signs of life', async () => {
    const stream = new LiveStream(() => ':hello\n\n')
    const { next, controller } = await live(stream)
    const [intent, change, end] = full('s1', put('a')).map((event) => toEventStream([event]))
    const heartbeat = { type: 'activity', of: 'heartbeat' }
    const progress = { type: 'activity', of: 'payload' }
    expect(await next()).toEqual(heartbeat)
    stream.send(intent ?? '')
    expect(await next()).toEqual(progress)
    stream.send(':\n\n')
    expect(await next()).toEqual(heartbeat)
    stream.send(change?.slice(0, 30) ?? '')
    expect(await next()).toEqual(progress)
    stream.send(`${change?.slice(30)}:\n\n`)
    expect(await next()).toEqual(progress)
    stream.send(end ?? '')
    expect(brief(await next())).toBe('full a @s1')
    stream.send(':\n\n')
    expect(await next()).toEqual(heartbeat)
    controller.abort()
  })

  it('(D23.2) closes a silent stream; any byte resets the watchdog', async () => {
    const clock = new VirtualClock()
    const stream = new LiveStream(full('s1', put('a')))
    const { origin, next, results } = await live(stream, { clock, silenceMs: 300_000 })
    expect(brief(await next())).toBe('full a @s1')

    await clock.advance(299_000)
    stream.send(':')
    expect(await next()).toEqual({ type: 'activity', of: 'heartbeat' })
    await clock.advance(299_000)
    expect(origin.connections).toBe(1)

    await clock.advance(1_000)
    expect(await next()).toEqual({
      type: 'interrupted',
      error: { kind: 'network_error', message: 'no byte for 300 s' },
    })
    expect((await results.next()).done).toBe(true)
    await disconnected(origin)
    expect(clock.armed).toBe(0)
  })

  it('reports nothing if its signal aborts, and ends the connection', async () => {
    const clock = new VirtualClock()
    const { origin, next, results, controller } = await live(new LiveStream(full('s1', put('a'))), { clock })
    await next()
    const pending = results.next()
    controller.abort()
    expect((await pending).done).toBe(true)
    await disconnected(origin)
    expect(clock.armed).toBe(0)
  })

  it('ends the connection when its reader returns early', async () => {
    const { origin, next, results } = await live(new LiveStream(full('s1', put('a'))))
    await next()
    await results.return?.()
    await disconnected(origin)
  })

  it('(D21) refuses an event that is longer than the limit, and ends the connection', async () => {
    const stream = new LiveStream(full('s1', put('a')))
    const { origin, next } = await live(stream, { maxBytes: 500 })
    expect(brief(await next())).toBe('full a @s1')
    stream.send(`event: put-object\ndata: ${'x'.repeat(600)}`)
    // Without a further byte, because a server may become silent here.
    let result = await next()
    while (result.type === 'activity') result = await next()
    expect(result).toMatchObject({
      type: 'interrupted',
      error: { kind: 'invalid_data', message: expect.stringContaining('an event is longer than 500') },
    })
    await disconnected(origin)
  })
})
