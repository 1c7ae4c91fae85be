import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fdv2Poll } from '../../src/exchange/poll.ts'
import { toPollBody } from '../../src/protocol/encoder.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import {
  type Answer,
  body,
  bytes,
  delta,
  full,
  none,
  put,
  remove,
  silence,
  startOrigin,
  startRawOrigin,
  status,
} from '../support/origin.ts'
import { at, brief, endpointAt, NEVER, resultsOf } from './asking.ts'

/** A poll of an origin that gives these answers. */
async function polling(...answers: readonly Answer[]) {
  const origin = await startOrigin()
  origin.poll.next(...answers)
  const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))
  const ask = async (state?: string): Promise<string> =>
    (await resultsOf(poll(state === undefined ? undefined : at(state), NEVER))).map(brief).join(', ')
  const asked = (header: string) => origin.poll.received.map(({ headers }) => headers[header])
  return { origin, poll, ask, asked }
}

describe('fdv2Poll', () => {
  it('sends the headers for identity, content type and compression', async () => {
    const { origin, ask } = await polling(body(full('s1')))
    await ask()
    expect(origin.poll.received[0]?.headers).toMatchObject({
      authorization: 'sdk-test',
      'user-agent': 'Halyard/test',
      accept: 'application/json',
      'accept-encoding': 'gzip, br',
    })
  })

  it('S166.1: a 404 says that the service may not speak FDv2, and how to use FDv1', async () => {
    const origin = await startOrigin()
    origin.poll.always(status(404))
    const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))
    const [failure] = await resultsOf(poll(undefined, NEVER))
    expect(failure).toMatchObject({
      type: 'terminalError',
      error: {
        message: expect.stringMatching(/^the server answered 404 \(.*FDv2.*HALYARD_DATA_SAVING_MODE=off/),
      },
    })
  })

  it('(D12) requests a full payload without a basis, and changes with one', async () => {
    const { origin, ask } = await polling(
      body(full('s1', put('a'), put('b'))),
      body(delta('s2', put('a', 2), remove('b'))),
      body(none('s2')),
    )
    expect(await ask()).toBe('full a b @s1')
    expect(await ask('s1')).toBe('partial a -b @s2')
    expect(await ask('s2')).toBe('none')
    expect(origin.poll.received.map(({ url }) => url)).toEqual([
      '/sdk/poll',
      '/sdk/poll?basis=s1',
      '/sdk/poll?basis=s2',
    ])
  })

  it.each(['(p:a b:1)', 'a&b=c', 'é+/%#?', ' '])('(D12.4) encodes the basis %j', async (state) => {
    const { origin, ask } = await polling(body(none(state)))
    await ask(state)
    const { url, basis } = origin.poll.received[0] ?? {}
    expect(url).toBe(`/sdk/poll?basis=${encodeURIComponent(state)}`)
    expect(basis).toBe(state)
  })

  it('adds the basis to an existing query', async () => {
    const origin = await startOrigin()
    origin.poll.next(body(none('s1')))
    const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll?filter=mobile`))
    await resultsOf(poll(at('s1'), NEVER))
    expect(origin.poll.received[0]?.url).toBe('/sdk/poll?filter=mobile&basis=s1')
  })

  it('(S5.2) keeps the ETag of an answer that did not change the basis; a 304 for it means no change', async () => {
    const { ask, asked } = await polling(body(none('s1'), { etag: '"e1"' }), status(304), status(304))
    expect(await ask('s1')).toBe('none')
    expect(await ask('s1')).toBe('none')
    expect(await ask('s1')).toBe('none')
    expect(asked('if-none-match')).toEqual([undefined, '"e1"', '"e1"'])
  })

  it('drops the ETag of an answer that changed the basis, because the request will be different', async () => {
    const { ask, asked } = await polling(
      body(full('s1'), { etag: '"first"' }),
      body(delta('s2', put('a')), { etag: '"moved"' }),
      body(none('s2'), { etag: '"still"' }),
      status(304),
    )
    for (const state of [undefined, 's1', 's2', 's2']) await ask(state)
    expect(asked('if-none-match')).toEqual([undefined, undefined, undefined, '"still"'])
  })

  it('requests the same basis without the ETag of an answer that was not applied', async () => {
    const moving = body(delta('s2', put('a')), { etag: '"moved"' })
    const { ask, asked } = await polling(moving, moving)
    expect(await ask('s1')).toBe('partial a @s2')
    expect(await ask('s1')).toBe('partial a @s2')
    expect(asked('if-none-match')).toEqual([undefined, undefined])
  })

  it('keeps only one ETag, and none for another request', async () => {
    const { ask, asked } = await polling(
      body(none('s1'), { etag: '"e1"' }),
      body(none('s2'), { etag: '"e2"' }),
      body(none('s1'), { etag: '"e1"' }),
    )
    for (const state of ['s1', 's2', 's1']) await ask(state)
    expect(asked('if-none-match')).toEqual([undefined, undefined, undefined])
  })

  it('keeps the ETag after a failure', async () => {
    const { ask, asked } = await polling(body(none('s1'), { etag: '"e1"' }), status(503), status(304))
    expect(await ask('s1')).toBe('none')
    expect(await ask('s1')).toBe('interrupted')
    expect(await ask('s1')).toBe('none')
    expect(asked('if-none-match')).toEqual([undefined, '"e1"', '"e1"'])
  })

  it('sends no ETag after an answer without one', async () => {
    const { ask, asked } = await polling(
      body(none('s1'), { etag: '"e1"' }),
      body(none('s1')),
      body(none('s1')),
    )
    for (let index = 0; index < 3; index++) await ask('s1')
    expect(asked('if-none-match')).toEqual([undefined, '"e1"', undefined])
  })

  it.each([
    ['a page of HTML', bytes(200, { 'content-type': 'text/html', etag: '"bad"' }, '<html></html>')],
    ['an unfinished payload', body(delta('s2', put('a')).slice(0, 2), { etag: '"bad"' })],
    ['a goodbye', body([{ event: 'goodbye', data: { reason: 'busy' } }], { etag: '"bad"' })],
    [
      'a payload the server gave up on',
      body(
        [...none('s1'), { event: 'error', data: { reason: 'busy' } }, ...delta('s2', put('a')).slice(0, 2)],
        {
          etag: '"bad"',
        },
      ),
    ],
  ])('(D13) never remembers the ETag of %s: 304 to it would pass for an answer', async (_, bad) => {
    const { ask, asked } = await polling(bad, body(delta('s2', put('a'))))
    await ask('s1')
    expect(await ask('s1')).toBe('partial a @s2')
    expect(asked('if-none-match')).toEqual([undefined, undefined])
  })

  it('reports a 304 to an unconditional request as a failure', async () => {
    const { poll } = await polling(status(304))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'error_response', status: 304 } },
    ])
  })

  it('reads a compressed body, and treats an empty state as no selector', async () => {
    const packed = gzipSync(toPollBody(full('', put('a'))))
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
    const { ask } = await polling(bytes(200, headers, packed))
    expect(await ask()).toBe('full a @nowhere')
  })

  it('reuses its connection from poll to poll, 304 included', async () => {
    const { origin, ask } = await polling(body(none('s1'), { etag: '"e"' }), status(304), body(none('s1')))
    for (let index = 0; index < 3; index++) {
      await ask('s1')
      // undici takes a connection back in a later turn.
      await setImmediate()
    }
    expect(origin.accepted).toBe(1)
  })

  it.each([
    ['an error event', 'error'],
    ['a goodbye', 'goodbye'],
  ])('(D13) gives the payload before %s', async (_, event) => {
    const { ask } = await polling(
      body([...full('s1', put('a')), { event: event as 'error', data: { reason: 'x' } }]),
    )
    expect(await ask()).toBe(`full a @s1, ${event === 'error' ? 'aborted' : event}`)
  })

  it('(D13) names the invalid event and key, and yields nothing of the unfinished payload', async () => {
    const bad = { event: 'put-object', data: { kind: 'flag', key: 'b', version: 'two', object: {} } } as const
    const [intent, first, end] = full('s1', put('a'))
    const { poll } = await polling(body([intent, first, bad, end].filter((event) => event !== undefined)))
    expect(await resultsOf(poll(undefined, NEVER))).toEqual([
      {
        type: 'interrupted',
        error: {
          kind: 'invalid_data',
          event: 'put-object',
          key: 'b',
          message: 'put-object: its version is not a number',
        },
      },
    ])
  })

  it('names the content type of an HTML page', async () => {
    const { poll } = await polling(bytes(200, { 'content-type': 'text/html' }, '<html></html>'))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'invalid_data', message: expect.stringContaining('text/html') } },
    ])
  })

  it('(D9) distinguishes recoverable from permanent failures', async () => {
    const { poll } = await polling(status(401), status(503, { 'retry-after': '7' }))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'terminalError', error: { kind: 'error_response', status: 401 } },
    ])
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'error_response', status: 503, retryAfterMs: 7_000 } },
    ])
  })

  it('reports a body cut short of its length as a failure of the network', async () => {
    const whole = toPollBody(full('s1', put('a')))
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${whole.length}\r\n\r\n`
    const raw = await startRawOrigin((_, socket) => socket.end(head + whole.slice(0, -1)))
    const poll = fdv2Poll(endpointAt(`${raw.url}/sdk/poll`))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'network_error' } },
    ])
  })

  it('reports an unreachable server as a failure of the network', async () => {
    const origin = await startOrigin()
    await origin.close()
    const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      {
        type: 'interrupted',
        error: { kind: 'network_error', message: expect.stringContaining('ECONNREFUSED') },
      },
    ])
  })

  it('(S2) cancels a request without an answer, and ends the connection', async () => {
    const origin = await startOrigin()
    origin.poll.always(silence)
    const clock = new VirtualClock()
    const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll`, { clock, silenceMs: 10_000 }))
    const results = resultsOf(poll(undefined, NEVER))
    await origin.until(() => origin.poll.received.length === 1, 'a request')
    await clock.advance(9_999)
    expect(origin.connections).toBe(1)
    await clock.advance(1)
    expect(await results).toEqual([
      { type: 'interrupted', error: { kind: 'network_error', message: 'no byte for 10 s' } },
    ])
    await origin.until(() => origin.connections === 0, 'the end of the connection')
    expect(clock.armed).toBe(0)
  })

  it('(D21) cancels a redirect whose body does not end', async () => {
    const origin = await startOrigin()
    origin.poll.always((_, response) => {
      response.writeHead(302, { location: '/elsewhere' })
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
        response.once('drain', more)
      }
      more()
    })
    const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'invalid_data' } },
    ])
    expect(origin.others.received).toEqual([])
    await origin.until(() => origin.connections === 0, 'the end of the connection')
  })

  it('reports nothing if its signal aborts, and ends the connection', async () => {
    const origin = await startOrigin()
    origin.poll.always(silence)
    const controller = new AbortController()
    const results = resultsOf(fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))(undefined, controller.signal))
    await origin.until(() => origin.poll.received.length === 1, 'a request')
    controller.abort()
    expect(await results).toEqual([])
    await origin.until(() => origin.connections === 0, 'the end of the connection')
  })
})
