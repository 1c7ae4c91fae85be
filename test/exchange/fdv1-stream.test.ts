import { describe, expect, it } from 'vitest'
import { fdv1Stream } from '../../src/exchange/stream.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import {
  type Answer,
  bytes,
  everythingPut,
  frame,
  LiveStream,
  type Origin,
  put,
  startOrigin,
  status,
} from '../support/origin.ts'
import { at, brief, endpointAt, NEVER, resultsOf } from './asking.ts'

const heartbeat = { type: 'activity', of: 'heartbeat' }
const progress = { type: 'activity', of: 'payload' }

function patch(key: string, version: number): string {
  return frame('patch', JSON.stringify({ path: `/flags/${key}`, data: { key, version } }))
}

function remove(key: string, version: number): string {
  return frame('delete', JSON.stringify({ path: `/flags/${key}`, version }))
}

/** Returns an answer that sends this text and ends regularly. */
function saying(...words: readonly string[]): Answer {
  return bytes(200, { 'content-type': 'text/event-stream' }, words.join(''))
}

async function streaming(...answers: readonly Answer[]) {
  const origin = await startOrigin()
  origin.fdv1.stream.next(...answers)
  const connect = fdv1Stream({ ...endpointAt(`${origin.url}/all`), eventMs: 10_000 })
  const listen = async (state?: string): Promise<string[]> =>
    (await resultsOf(connect(state === undefined ? undefined : at(state), NEVER))).map(brief)
  return { origin, connect, listen }
}

/** A connection to a live stream, read one result at a time; signs of life are given too. */
async function live(stream: LiveStream) {
  const { origin, connect } = await streaming(stream.answer)
  const controller = new AbortController()
  const results = connect(undefined, controller.signal)[Symbol.asyncIterator]()
  const next = async (): Promise<SourceResult> => {
    const { done, value } = await results.next()
    return done ? expect.fail('it ended') : value
  }
  return { origin, next, controller }
}

function disconnected(origin: Origin): Promise<void> {
  return origin.until(() => origin.connections === 0, 'the end of the connection')
}

describe('fdv1Stream', () => {
  it('S166.3: a 404 has no hint about the protocol', async () => {
    const origin = await startOrigin()
    origin.fdv1.stream.always(status(404))
    const connect = fdv1Stream(endpointAt(`${origin.url}/all`))
    expect(await resultsOf(connect(undefined, NEVER))).toMatchObject([
      { error: { message: 'the server answered 404' } },
    ])
  })

  it('sends the headers for identity and content type to /all', async () => {
    const { origin, listen } = await streaming(saying())
    await listen()
    expect(origin.fdv1.stream.received[0]?.headers).toMatchObject({
      authorization: 'sdk-test',
      'user-agent': 'Halyard/test',
      accept: 'text/event-stream',
      'cache-control': 'no-cache',
    })
  })

  it('(D8.12, D12) sends no basis, and its data has no selector', async () => {
    const { origin, listen } = await streaming(saying(everythingPut(put('a'))))
    expect(await listen('s1')).toEqual(['full a @nowhere', 'interrupted'])
    expect(origin.received.map(({ url }) => url)).toEqual(['/all'])
  })

  it('yields a put as a full change set, and each patch and delete as one change set, in order', async () => {
    const { listen } = await streaming(
      saying(everythingPut(put('a'), put('b')), patch('a', 2), remove('b', 2), patch('c', 1)),
    )
    expect(await listen()).toEqual([
      'full a b @nowhere',
      'partial a @nowhere',
      'partial -b @nowhere',
      'partial c @nowhere',
      'interrupted',
    ])
  })

  it('(D11) drops patches that are older than the data of this connection', async () => {
    const { listen } = await streaming(
      saying(everythingPut(put('a', 5)), patch('a', 5), patch('a', 4), remove('a', 5), patch('a', 6)),
      saying(everythingPut(put('a', 1)), patch('a', 2)),
    )
    expect(await listen()).toEqual(['full a @nowhere', 'partial a @nowhere', 'interrupted'])
    // The versions of the first connection do not affect the second.
    expect(await listen()).toEqual(['full a @nowhere', 'partial a @nowhere', 'interrupted'])
  })

  it('(D13) receives a full payload on each connection; a change before it is an error', async () => {
    const { connect, listen } = await streaming(
      saying(everythingPut(put('a'))),
      saying(patch('a', 2)),
      saying(everythingPut(put('a', 2))),
    )
    expect(await listen()).toEqual(['full a @nowhere', 'interrupted'])
    expect(await resultsOf(connect(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'invalid_data', event: 'patch', key: 'a' } },
    ])
    expect(await listen()).toEqual(['full a @nowhere', 'interrupted'])
  })

  it.each([
    ['a put that is not JSON', frame('put', '{sorry'), { event: 'put' }],
    ['a put without data', frame('put', '{"path":"/"}'), { event: 'put' }],
    ['a put whose flags are true', frame('put', '{"path":"/","data":{"flags":true}}'), { event: 'put' }],
    ['a patch that is not JSON', frame('patch', '{sorry'), { event: 'patch' }],
    ['a patch whose data is true', frame('patch', '{"path":"/flags/x","data":true}'), { event: 'patch' }],
    ['a delete of version "no"', frame('delete', '{"path":"/flags/x","version":"no"}'), { event: 'delete' }],
  ])('(D13) drops the connection on %s, naming the event', async (_, words, named) => {
    const stream = new LiveStream(() => everythingPut(put('a')) + words + patch('a', 2))
    const { origin, connect } = await streaming(stream.answer)
    const results = await resultsOf(connect(undefined, NEVER))
    expect(results.map(brief)).toEqual(['full a @nowhere', 'interrupted'])
    expect(results.at(-1)).toMatchObject({ error: { kind: 'invalid_data', ...named } })
    await disconnected(origin)
  })

  it('(D13) keeps the connection after unknown events and paths, without parsing their data', async () => {
    const { listen } = await streaming(
      saying(
        frame('whatever', 'not JSON'),
        frame('goodbye', '{"reason":"x"}'),
        everythingPut(put('a')),
        frame('patch', '{"path":"/cats/Jack","data":{}}'),
        frame('server-intent', '{sorry'),
        patch('a', 2),
      ),
    )
    expect(await listen()).toEqual(['full a @nowhere', 'partial a @nowhere', 'interrupted'])
  })

  it('(D13) refuses bytes that are not UTF-8, after the complete events before them', async () => {
    const bad = Buffer.concat([
      Buffer.from(`${everythingPut(put('a'))}event: patch\ndata: "`),
      Buffer.of(0xff),
      Buffer.from('"\n\n'),
    ])
    const stream = new LiveStream(() => everythingPut(put('a')))
    const { origin, next } = await live(stream)
    expect(brief(await next())).toBe('full a @nowhere')
    stream.send(bad.subarray(bad.indexOf('event: patch')))
    let result = await next()
    while (result.type === 'activity') result = await next()
    expect(result).toMatchObject({ type: 'interrupted', error: { kind: 'invalid_data' } })
    await disconnected(origin)
  })

  it('(D9) distinguishes recoverable from permanent failures', async () => {
    const { listen } = await streaming(status(401), status(503), status(200, { 'content-type': 'text/html' }))
    expect(await listen()).toEqual(['terminalError'])
    expect(await listen()).toEqual(['interrupted'])
    expect(await listen()).toEqual(['interrupted'])
  })

  it('(D4.3) counts the bytes of a slow put as progress, but not comments within it', async () => {
    const stream = new LiveStream(() => ':hello\n\n')
    const { next, controller } = await live(stream)
    const [name, text] = ['event: put\n', everythingPut(put('a', 1, { salt: 'x'.repeat(300) })).slice(11)]
    expect(await next()).toEqual(heartbeat)
    stream.send(name)
    expect(await next()).toEqual(progress)
    stream.send(':\n')
    expect(await next()).toEqual(heartbeat)
    for (let from = 0; from < 300; from += 100) {
      stream.send(text.slice(from, from + 100))
      expect(await next()).toEqual(progress)
    }
    stream.send(text.slice(300))
    expect(brief(await next())).toBe('full a @nowhere')
    // From here on no byte is part of a payload.
    stream.send(':\n\n')
    expect(await next()).toEqual(heartbeat)
    stream.send(patch('a', 2).slice(0, 20))
    expect(await next()).toEqual(heartbeat)
    stream.send(patch('a', 2).slice(20))
    expect(brief(await next())).toBe('partial a @nowhere')
    controller.abort()
  })

  it.each([
    ['a comment', ':\n\n'],
    ['a comment that comes in two pieces', ':still '],
    ['a heartbeat', frame('heartbeat', '{}')],
    ['an event nobody knows', frame('weather', 'fine')],
  ])('(D4.3) takes %s before the put for a sign of life, not for progress', async (_, words) => {
    const stream = new LiveStream(() => words)
    const { next, controller } = await live(stream)
    expect(await next()).toEqual(heartbeat)
    controller.abort()
  })
})
