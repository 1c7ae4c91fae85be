import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { DataSourceStatus } from '../../src/model/status.ts'
import { toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import {
  type Answer,
  body,
  bytes,
  delta,
  frame,
  full,
  LiveStream,
  none,
  put,
  remove,
  startOrigin,
  startRawOrigin,
  status,
} from '../support/origin.ts'

/**
 * The whole data system and a server that sends invalid data, over real sockets:
 *
 *     valid data .. invalid data ........ valid data
 *     valid         interrupted           valid
 *     checkout 1    checkout 1, lastError checkout 2
 */

type LastError = Partial<NonNullable<DataSourceStatus['lastError']>>

const LIMIT = 2_000
const LIMITS = { maxBodyBytes: LIMIT, maxEventBytes: LIMIT }
/** On a busy machine an answer may take longer than the short time-outs of tests, and a second poll would receive the next answer. */
const PATIENT = { firstDataMs: 60_000, pollSilenceMs: 60_000 }
const HTML = '<!doctype html><title>Please sign in</title>'
const html = { 'content-type': 'text/html; charset=utf-8' }
const json = { 'content-type': 'application/json' }
const sse = { 'content-type': 'text/event-stream' }

const GOOD = full('s1', put('checkout', 1), put('kept', 1))
const UPDATE = delta('s2', put('checkout', 2))
/** An update without its end. */
const HALF: readonly WireEvent[] = delta('s9', put('checkout', 9)).slice(0, -1)
const NOT_UTF8 = Buffer.from([0xff, 0xfe])

function putEvent(members: object): string {
  return frame(
    'put-object',
    JSON.stringify({ kind: 'flag', key: 'checkout', version: 9, object: {}, ...members }),
  )
}

/** Expects that invalid data after valid data changes only the status, and that the next valid data is served. */
async function expectRecovery(engine: Engine, sendInvalid: () => void, error: LastError): Promise<void> {
  const { system } = engine
  await engine.serves('checkout', 1)
  await engine.until(({ status: { current } }) => current.state === 'valid', 'valid')
  sendInvalid()

  const matches = ({ status: { current } }: DataSystem): boolean =>
    current.lastError?.kind === error.kind && current.lastError?.event === error.event
  await engine.until(matches, `an error like ${JSON.stringify(error)}`)
  const [seen] = engine.statuses.filter(({ lastError }) => lastError?.kind === error.kind)
  expect(seen?.state).toBe('interrupted')
  expect(seen?.lastError).toMatchObject(error)

  await engine.serves('checkout', 2)
  expect(system.flag('kept')?.version).toBe(1)
  expect(system.status.current).toMatchObject({ state: 'valid', lastError: error })
  // Listeners were notified of the two valid versions only.
  expect(engine.changes.map(({ flags }) => [...flags])).toEqual([['checkout', 'kept'], ['checkout']])
}

const invalid = { kind: 'invalid_data' } as const

describe('a stream that sends invalid data', () => {
  const cases: readonly (readonly [string, string | Uint8Array, LastError])[] = [
    ['a put that is not JSON', frame('put-object', '{"kind":"flag",'), { ...invalid, event: 'put-object' }],
    ['a put whose data is null', frame('put-object', 'null'), { ...invalid, event: 'put-object' }],
    [
      'a put without a kind',
      putEvent({ kind: undefined }),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    [
      'a put without a version',
      putEvent({ version: undefined }),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    [
      'a put whose version is text',
      putEvent({ version: '9' }),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    ['a put whose key is a number', putEvent({ key: 7 }), { ...invalid, event: 'put-object' }],
    [
      'a put whose object is a list',
      putEvent({ object: [] }),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    [
      'a put without an object',
      putEvent({ object: undefined }),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    [
      'a delete without a version',
      frame('delete-object', '{"kind":"flag","key":"checkout"}'),
      { ...invalid, event: 'delete-object', key: 'checkout' },
    ],
    [
      'an intent without a payload',
      frame('server-intent', '{"payloads":[]}'),
      { ...invalid, event: 'server-intent' },
    ],
    [
      'an unknown intent',
      frame('server-intent', '{"payloads":[{"intentCode":"xfer-some"}]}'),
      { ...invalid, event: 'server-intent' },
    ],
    [
      'a transfer without a state',
      frame('payload-transferred', '{"version":9}'),
      { ...invalid, event: 'payload-transferred' },
    ],
    [
      'a transfer without a version',
      frame('payload-transferred', '{"state":"s9"}'),
      { ...invalid, event: 'payload-transferred' },
    ],
    [
      'an update with an invalid put in the middle',
      toEventStream(HALF) + putEvent({ object: 'on' }),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    ['bytes that are not UTF-8', NOT_UTF8, { ...invalid, message: 'the stream is not UTF-8' }],
    [
      'a character that is cut off by the next event',
      Buffer.concat([Buffer.from('event: put-object\ndata: "é').subarray(0, -1), Buffer.from('\n\n')]),
      { ...invalid, message: 'the stream is not UTF-8' },
    ],
    [
      'an event longer than the limit',
      `event: put-object\ndata: "${'x'.repeat(LIMIT * 2)}`,
      { ...invalid, message: expect.stringContaining(`an event is longer than ${LIMIT}`) },
    ],
  ]

  it.each(cases)('(D13) reports and recovers from %s', async (_, invalidData, error) => {
    const origin = await startOrigin()
    const live = new LiveStream(GOOD)
    origin.stream.next(live.answer).always(new LiveStream(UPDATE).answer)
    const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints, limits: LIMITS })

    await expectRecovery(engine, () => live.send(invalidData), { ...error, source: 'streaming' })

    // The stream is reopened with the basis of the last valid data.
    expect(origin.stream.received.map(({ basis }) => basis)).toEqual([undefined, 's1'])
  })

  it.each([
    [
      'a page of HTML with status 200',
      bytes(200, html, HTML),
      { ...invalid, message: expect.stringContaining('text/html') },
    ],
    [
      'JSON instead of an event stream',
      bytes(200, json, '{}'),
      { ...invalid, message: expect.stringContaining('application/json') },
    ],
    ['a page of HTML with status 502', bytes(502, html, HTML), { kind: 'error_response', status: 502 }],
    ['an empty answer with status 204', status(204), { kind: 'error_response', status: 204 }],
    [
      'a put without an intent before it',
      bytes(200, sse, putEvent({})),
      { ...invalid, event: 'put-object', key: 'checkout' },
    ],
    [
      'a connection cut before the answer',
      (_: unknown, response: Parameters<Answer>[1]) => void response.destroy(),
      { kind: 'network_error' },
    ],
  ] as readonly (readonly [string, Answer, LastError])[])(
    '(D13) reports and recovers from a reconnect that is answered by %s',
    async (_, answer, error) => {
      const origin = await startOrigin()
      const live = new LiveStream(GOOD)
      origin.stream.next(live.answer, answer).always(new LiveStream(UPDATE).answer)
      const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints, limits: LIMITS })

      await engine.serves('checkout', 1)
      live.end()
      await engine.serves('checkout', 2)

      const errors = engine.statuses.map(({ lastError }) => lastError)
      expect(errors).toContainEqual(expect.objectContaining(error))
      expect(engine.transitions).toEqual([
        'initializing streaming',
        'valid streaming',
        'interrupted streaming',
        'valid streaming',
      ])
      expect(origin.stream.received.map(({ basis }) => basis)).toEqual([undefined, 's1', 's1'])
    },
  )

  it('(D13) keeps nothing of an update if the connection is cut within it, and continues on the next connection', async () => {
    const origin = await startOrigin()
    const live = new LiveStream(GOOD)
    // The rest of the update that was cut. On a new connection it is invalid, because it has no intent.
    const rest = toEventStream(delta('s9', put('checkout', 9)).slice(1))
    origin.stream.next(live.answer, bytes(200, sse, rest)).always(new LiveStream(UPDATE).answer)
    const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints })

    await engine.serves('checkout', 1)
    live.send(HALF)
    live.cut()
    await engine.serves('checkout', 2)

    expect(engine.statuses.map(({ lastError }) => lastError?.kind)).toContain('network_error')
    expect(engine.system.status.current.lastError).toMatchObject({
      ...invalid,
      event: 'put-object',
      key: 'checkout',
    })
    expect(engine.changes.map(({ flags }) => [...flags])).toEqual([['checkout', 'kept'], ['checkout']])
  })

  it('(D13) continues after a connection was cut within a character', async () => {
    const text = Buffer.from(toEventStream(delta('s2', put('checkout', 2, { name: 'größer' }))))
    const middle = text.indexOf(Buffer.from('ö')) + 1
    let connections = 0
    const raw = await startRawOrigin((_, socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
      const sendChunk = (part: Uint8Array): void => {
        socket.write(`${part.length.toString(16)}\r\n`)
        socket.write(part)
        socket.write('\r\n')
      }
      connections++
      if (connections === 1) sendChunk(Buffer.from(toEventStream(GOOD)))
      if (connections === 2) sendChunk(text.subarray(0, middle))
      if (connections === 3) sendChunk(text)
      else socket.end()
    })
    const engine = startEngine({ plan: presets.streaming(), endpoints: { streaming: raw.url } })
    await engine.serves('checkout', 2)
    expect(engine.system.flag('checkout')).toHaveProperty('name', 'größer')
    expect(engine.system.status.current).toMatchObject({
      state: 'valid',
      lastError: { kind: 'network_error' },
    })
  })

  it('(D13.3) leaves out a put whose object is null, logs a warning, and applies the rest of the payload', async () => {
    const origin = await startOrigin()
    const nothing: WireEvent = {
      event: 'put-object',
      data: { kind: 'flag', key: 'kept', version: 9, object: null },
    }
    const update = UPDATE.flatMap((event) =>
      event.event === 'payload-transferred' ? [nothing, event] : [event],
    )
    origin.stream.always(new LiveStream([...GOOD, ...update]).answer)
    const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints })

    await engine.serves('checkout', 2)

    expect(engine.system.flag('kept')?.version).toBe(1)
    expect(engine.system.status.current.skipped).toBe(1)
    expect(engine.log).toContainEqual(expect.stringMatching(/^warn: .*"kept".*null/))
    expect(engine.system.status.current.state).toBe('valid')
    expect(origin.stream.received).toHaveLength(1)
  })

  it('(D13) reports errors before the first data, and initializes with the first valid answer', async () => {
    const origin = await startOrigin()
    origin.stream
      .next(bytes(200, html, HTML), bytes(200, sse, putEvent({})))
      .always(new LiveStream(GOOD).answer)
    const engine = startEngine({ plan: presets.streaming(), endpoints: origin.endpoints })

    expect(await engine.system.waitForInitialization({ timeoutMs: 4_000 })).toMatchObject({
      initialized: true,
      availability: 'refreshed',
      source: 'streaming',
    })
    expect(engine.transitions).toEqual(['initializing streaming', 'valid streaming'])
    expect(engine.statuses.map(({ lastError }) => lastError?.event)).toContain('put-object')
  })
})

describe('a poll whose answer is invalid', () => {
  const unfinished = body(HALF)
  const html200 = expect.stringContaining('text/html') as unknown as string
  const cases: readonly (readonly [string, Answer, LastError])[] = [
    [
      'a page of HTML with status 200',
      bytes(200, html, HTML),
      { ...invalid, event: 'poll', message: html200 },
    ],
    ['a page of HTML with status 502', bytes(502, html, HTML), { kind: 'error_response', status: 502 }],
    [
      'an empty body',
      bytes(200, json, ''),
      { ...invalid, event: 'poll', message: 'poll: the body is empty' },
    ],
    [
      'JSON that is cut short',
      bytes(200, json, toPollBody(UPDATE).slice(0, -5)),
      { ...invalid, event: 'poll' },
    ],
    ['JSON without events', bytes(200, json, '{"flags":{},"segments":{}}'), { ...invalid, event: 'poll' }],
    ['no events at all', bytes(200, json, '{"events":[]}'), { ...invalid, event: 'poll' }],
    [
      'a body without payload-transferred',
      unfinished,
      {
        ...invalid,
        event: 'poll',
        message: expect.stringContaining('payload-transferred'),
      },
    ],
    [
      'a put with a bad object',
      bytes(
        200,
        json,
        toPollBody([
          ...HALF,
          { event: 'put-object', data: { kind: 'flag', key: 'k', version: 1, object: 1 } },
        ]),
      ),
      { ...invalid, event: 'put-object', key: 'k' },
    ],
    [
      'bytes that are not UTF-8',
      bytes(200, json, Buffer.concat([Buffer.from(toPollBody(UPDATE)), NOT_UTF8])),
      { ...invalid, message: 'the body is not UTF-8' },
    ],
    [
      'a body that ends within a character',
      bytes(200, json, Buffer.from('{"events":[{"event":"é').subarray(0, -1)),
      { ...invalid, message: 'the body is not UTF-8' },
    ],
    [
      'a body longer than the limit',
      body(delta('s9', put('checkout', 9, { filler: 'x'.repeat(LIMIT) }))),
      { ...invalid, message: `the body is longer than ${LIMIT} bytes` },
    ],
    [
      'a body that is longer than the limit after decompression',
      bytes(200, { ...json, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(LIMIT * 1_000))),
      { ...invalid, message: `the body is longer than ${LIMIT} bytes` },
    ],
    [
      'a body that cannot be decompressed',
      bytes(200, { ...json, 'content-encoding': 'gzip' }, toPollBody(UPDATE)),
      invalid,
    ],
    [
      'an encoding that was not requested',
      bytes(200, { ...json, 'content-encoding': 'zstd' }, toPollBody(UPDATE)),
      invalid,
    ],
    [
      'a body that is cut off',
      (_, response) =>
        void response
          .writeHead(200, { 'content-length': '999' })
          .write('{"events"', () => response.destroy()),
      { kind: 'network_error' },
    ],
    ['an unrequested 304', status(304), { kind: 'error_response', status: 304 }],
  ]

  it.each(cases)('(D13) reports and recovers from %s', async (_, invalidData, error) => {
    const origin = await startOrigin()
    // A kept-alive connection that is cut before the answer is replaced once; only a second cut is reported (S154).
    const again = error.kind === 'network_error' ? [invalidData] : []
    origin.poll.next(body(GOOD), invalidData, ...again, body(UPDATE)).always(body(none('s2')))
    const engine = startEngine({
      plan: presets.pollingOnly(),
      timings: PATIENT,
      endpoints: origin.endpoints,
      limits: LIMITS,
    })

    await expectRecovery(engine, () => {}, { ...error, source: 'polling' })

    expect(origin.poll.received.slice(0, 3).map(({ basis }) => basis)).toEqual([undefined, 's1', 's1'])
  })

  it('(D13) replaces the first connection that is cut before the answer at once, and reports the second', async () => {
    const origin = await startOrigin()
    const cut: Answer = (_, response) => void response.destroy()
    origin.poll.next(body(GOOD), cut, cut, body(UPDATE)).always(body(none('s2')))
    const engine = startEngine({
      plan: presets.pollingOnly(),
      timings: PATIENT,
      endpoints: origin.endpoints,
      limits: LIMITS,
    })
    await expectRecovery(engine, () => {}, { kind: 'network_error', source: 'polling' })
    expect(origin.poll.received.slice(0, 4).map(({ basis }) => basis)).toEqual([undefined, 's1', 's1', 's1'])
  })

  it('(D13) leaves out a put whose object is null, logs a warning, and applies the rest', async () => {
    const origin = await startOrigin()
    const nothing: WireEvent = {
      event: 'put-object',
      data: { kind: 'flag', key: 'n', version: 1, object: null },
    }
    const [intent, ...rest] = GOOD
    origin.poll.always(body([intent, nothing, ...rest].filter((event) => event !== undefined)))
    const engine = startEngine({ plan: presets.pollingOnly(), timings: PATIENT, endpoints: origin.endpoints })
    await engine.serves('kept', 1)
    expect(engine.system.flag('n')).toBeUndefined()
    expect(engine.log).toContainEqual(expect.stringMatching(/^warn: .*"n".*null/))
  })

  it('(D13) does not take a 304 as the confirmation of an earlier invalid answer', async () => {
    const origin = await startOrigin()
    const portal: Answer = (received, response) => {
      const known = received.headers['if-none-match'] === '"portal"'
      response.writeHead(known ? 304 : 200, { ...html, etag: '"portal"' }).end(known ? undefined : HTML)
    }
    origin.poll.next(body(GOOD), portal, portal, portal).always(body(UPDATE))
    const engine = startEngine({ plan: presets.pollingOnly(), timings: PATIENT, endpoints: origin.endpoints })
    await engine.serves('checkout', 2)
    expect(engine.transitions.slice(1)).toEqual(['valid polling', 'interrupted polling', 'valid polling'])
    expect(engine.log.filter((line) => line.includes('text/html'))).toHaveLength(3)
    expect(origin.poll.received.slice(0, 5).map(({ headers }) => headers['if-none-match'])).not.toContain(
      '"portal"',
    )
  })
})

describe('keys with a special meaning in JavaScript', () => {
  const KEYS = ['__proto__', 'constructor', ''] as const

  it.each([
    ['a stream', presets.streaming()],
    ['polls', presets.pollingOnly()],
  ])('(D21) are stored, served, listed, listened to and deleted like any other, by %s', async (_, plan) => {
    const origin = await startOrigin()
    const update = delta('s2', ...KEYS.map((key) => put(key, 2)))
    const deletion = delta('s3', ...KEYS.map((key) => remove(key, 3)))
    const live = new LiveStream(full('s1', ...KEYS.map((key) => put(key, 1)), put('kept')))
    origin.stream.always(live.answer)
    origin.poll.next(body(full('s1', ...KEYS.map((key) => put(key, 1)), put('kept'))))
    const engine = startEngine({ plan, endpoints: origin.endpoints })
    const { system } = engine
    const announced = (): readonly string[] => [...(engine.changes.at(-1)?.flags ?? [])]

    await engine.serves('__proto__', 1)
    for (const key of KEYS) expect(system.flag(key)).toMatchObject({ key, version: 1 })
    const before = system.snapshot()
    expect([...before.flags.keys()]).toEqual([...KEYS, 'kept'])
    expect(announced()).toEqual([...KEYS, 'kept'])

    live.send(update)
    origin.poll.next(body(update))
    await engine.serves('', 2)
    for (const key of KEYS) expect(system.flag(key)).toMatchObject({ key, version: 2 })
    expect(announced()).toEqual(KEYS)

    live.send(deletion)
    origin.poll.next(body(deletion)).always(body(none('s3')))
    await engine.until(() => system.flag('__proto__') === undefined, 'the deletion')
    for (const key of KEYS) expect(system.flag(key)).toBeUndefined()
    expect([...system.snapshot().flags.keys()]).toEqual(['kept'])
    expect(announced()).toEqual(KEYS)
    // An earlier snapshot does not change, and Object.prototype has no new members.
    expect(before.flags.get('__proto__')?.version).toBe(1)
    expect(Object.prototype).not.toHaveProperty('version')
  })

  it('(D21) remain own members of a flag object too', async () => {
    const origin = await startOrigin()
    const text = toPollBody(full('s1', put('checkout'))).replace(
      '"object":{',
      '"object":{"__proto__":{"evil":true},',
    )
    origin.poll.always(bytes(200, json, text))
    const engine = startEngine({ plan: presets.pollingOnly(), timings: PATIENT, endpoints: origin.endpoints })
    await engine.serves('checkout', 1)
    expect(Object.keys(engine.system.flag('checkout') ?? {})).toContain('__proto__')
    expect({}).not.toHaveProperty('evil')
  })
})
