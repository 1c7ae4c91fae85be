import { describe, expect, it } from 'vitest'
import { fdv1Poll, fdv2Poll } from '../../src/exchange/poll.ts'
import { fdv1Stream, fdv2Stream } from '../../src/exchange/stream.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import {
  type Answer,
  body,
  bytes,
  everything,
  everythingPut,
  full,
  LiveStream,
  none,
  put,
  startOrigin,
  startRawOrigin,
  status,
} from '../support/origin.ts'
import { at, brief, endpointAt, NEVER, resultsOf } from './asking.ts'

const ORDER = { 'x-ld-fd-fallback': 'true', 'x-ld-fd-fallback-ttl': '60' }
const ordered = { ttlSeconds: 60 }
const SSE = { 'content-type': 'text/event-stream' }
const [intent, change, transferred] = full('s1', put('a')) as [WireEvent, WireEvent, WireEvent]
const nullPut: WireEvent = {
  event: 'put-object',
  data: { kind: 'flag', key: 'n', version: 1, object: null },
}
const error: WireEvent = { event: 'error', data: { reason: 'busy' } }

function goodbye(protocolFallbackTTL?: number): WireEvent {
  return { event: 'goodbye', data: { reason: 'use v1', protocolFallbackTTL } }
}

/** Returns a short description of a result and its order. */
function ordering(result: SourceResult): string {
  const { directive } = result
  return directive ? `${brief(result)} ordered ${directive.ttlSeconds ?? 'for ever'}` : brief(result)
}

async function polling(...answers: readonly Answer[]) {
  const origin = await startOrigin()
  origin.poll.next(...answers)
  const poll = fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))
  const ask = async (state?: string): Promise<string[]> =>
    (await resultsOf(poll(state === undefined ? undefined : at(state), NEVER))).map(ordering)
  return { origin, poll, ask }
}

async function streaming(...answers: readonly Answer[]) {
  const origin = await startOrigin()
  origin.stream.next(...answers)
  const connect = fdv2Stream({ ...endpointAt(`${origin.url}/sdk/stream`), eventMs: 10_000 })
  const listen = async (): Promise<string[]> => (await resultsOf(connect(undefined, NEVER))).map(ordering)
  return { origin, connect, listen }
}

/** The first result, signs of life included. */
async function firstOf(results: AsyncIterable<SourceResult>): Promise<SourceResult> {
  for await (const result of results) return result
  return expect.fail('it said nothing')
}

const permanent = [401, 403, 404, 410]
const passing = [400, 408, 429, 500, 502, 503, 204, 201, 304]

describe('the order to use FDv1, given by a poll', () => {
  it.each<[what: string, answer: Answer, said: string[]]>([
    ['a payload', body(full('s1', put('a')), ORDER), ['full a @s1 ordered 60']],
    ['"nothing new"', body(none('s1'), ORDER), ['none ordered 60']],
    ['a body that says nothing', body([], ORDER), ['interrupted ordered 60']],
    [
      'a body of HTML',
      bytes(200, { 'content-type': 'text/html', ...ORDER }, '<html>'),
      ['interrupted ordered 60'],
    ],
    ['a goodbye that is no order', body([goodbye()], ORDER), ['goodbye ordered 60']],
    [
      'each result of several',
      body([intent, nullPut, change, transferred, ...none('s1'), error], ORDER),
      ['skipped ordered 60', 'full a @s1 ordered 60', 'none ordered 60', 'aborted ordered 60'],
    ],
    [
      'the payload before a fault, and the fault',
      body([...full('s1', put('a')), change, goodbye(), change], ORDER),
      ['full a @s1 ordered 60', 'goodbye ordered 60'],
    ],
  ])('(D8) comes with %s', async (_, answer, said) => {
    const { ask } = await polling(answer)
    expect(await ask()).toEqual(said)
  })

  it.each([...permanent, ...passing])('(D8) comes with the status %i', async (code) => {
    const { ask } = await polling(status(code, ORDER))
    const type = permanent.includes(code) ? 'terminalError' : 'interrupted'
    expect(await ask()).toEqual([`${type} ordered 60`])
  })

  it('(D8) comes with a 304, and only with the answer that has it', async () => {
    const { ask } = await polling(
      body(none('s1'), { etag: '"e"' }),
      status(304, ORDER),
      status(304),
      status(304, { 'x-ld-fd-fallback': 'true' }),
    )
    const said = []
    for (let index = 0; index < 4; index++) said.push(...(await ask('s1')))
    expect(said).toEqual(['none', 'none ordered 60', 'none', 'none ordered for ever'])
  })

  it('(D8) comes with a body cut short of its length', async () => {
    const headers = `x-ld-fd-fallback: true\r\nx-ld-fd-fallback-ttl: 60\r\ncontent-length: 999`
    const raw = await startRawOrigin((_, socket) =>
      socket.end(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n{"events"`),
    )
    const results = await resultsOf(fdv2Poll(endpointAt(`${raw.url}/sdk/poll`))(undefined, NEVER))
    expect(results.map(ordering)).toEqual(['interrupted ordered 60'])
  })

  it('(D8) comes with a redirect that is refused', async () => {
    const { ask } = await polling(status(302, { location: 'http://127.0.0.1:9/sdk/poll', ...ORDER }))
    expect(await ask()).toEqual(['terminalError ordered 60'])
  })

  it('(D8) comes with an answer after a redirect', async () => {
    const { origin, ask } = await polling(status(302, { location: '/elsewhere' }))
    origin.others.next(body(none('s1'), ORDER))
    expect(await ask()).toEqual(['none ordered 60'])
  })

  it('(D8) in any case, with spaces, and with any time or none, is read from the wire', async () => {
    const forms = [
      ['X-LD-FD-FALLBACK: TRUE', 'for ever'],
      ['x-ld-fd-fallback:  True \t\r\nX-Ld-Fd-Fallback-Ttl:  5 ', '5'],
      ['x-ld-fd-fallback: true\r\nx-ld-fd-fallback-ttl: 0', '0'],
      ['x-ld-fd-fallback: true\r\nx-ld-fd-fallback-ttl: -1', 'for ever'],
      ['x-ld-fd-fallback: true\r\nx-ld-fd-fallback-ttl: 60.5', 'for ever'],
      ['x-ld-fd-fallback: true\r\nx-ld-fd-fallback-ttl: abc', 'for ever'],
      ['x-ld-fd-fallback: true\r\nx-ld-fd-fallback-ttl: 5000', '5000'],
      ['x-ld-fd-fallback: false\r\nx-ld-fd-fallback-ttl: 60', undefined],
      ['x-ld-fd-fallback-ttl: 60', undefined],
    ] as const
    const content = toPollBody(none('s1'))
    let index = 0
    const raw = await startRawOrigin((_, socket) => {
      const [headers] = forms[index++] ?? ['']
      socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\ncontent-length: ${content.length}\r\n\r\n${content}`)
    })
    const poll = fdv2Poll(endpointAt(`${raw.url}/sdk/poll`))
    const said: string[] = []
    while (said.length < forms.length) said.push(...(await resultsOf(poll(at('s1'), NEVER))).map(ordering))
    expect(said).toEqual(forms.map(([, ttl]) => (ttl === undefined ? 'none' : `none ordered ${ttl}`)))
  })

  it('(D8) is also a number in a goodbye, without any header', async () => {
    const { ask } = await polling(body([goodbye(7)]), body([...full('s1', put('a')), goodbye(0)]))
    expect(await ask()).toEqual(['goodbye ordered 7'])
    expect(await ask()).toEqual(['full a @s1', 'goodbye ordered 0'])
  })

  it('(D8.2) in a goodbye takes precedence over the header of the same answer', async () => {
    const { ask } = await polling(body([goodbye(7)], ORDER))
    expect(await ask()).toEqual(['goodbye ordered 7'])
  })

  it('(D8) in a goodbye takes precedence for the whole answer, also with a payload', async () => {
    const { ask } = await polling(body([...full('s1', put('a')), goodbye(7)], ORDER))
    expect(await ask()).toEqual(['full a @s1 ordered 7', 'goodbye ordered 7'])
  })

  it('(D8) is reported before the body, which may never come', async () => {
    const { poll } = await polling((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...ORDER }).flushHeaders()
    })
    expect(await firstOf(poll(undefined, NEVER))).toMatchObject({ type: 'activity', directive: ordered })
  })
})

describe('the order to use FDv1, given by a stream', () => {
  it('(D8) comes with every result of its connection', async () => {
    const said = toEventStream([intent, nullPut, change, transferred, ...none('s1'), error])
    const { listen } = await streaming(bytes(200, { ...SSE, ...ORDER }, said))
    expect(await listen()).toEqual([
      'skipped ordered 60',
      'full a @s1 ordered 60',
      'none ordered 60',
      'aborted ordered 60',
      'interrupted ordered 60',
    ])
  })

  it.each([...permanent, ...passing])('(D8) comes with the status %i', async (code) => {
    const { listen } = await streaming(status(code, ORDER))
    const type = permanent.includes(code) ? 'terminalError' : 'interrupted'
    expect(await listen()).toEqual([`${type} ordered 60`])
  })

  it.each<[what: string, said: string]>([
    ['data that is not JSON', 'event: put-object\ndata: {{{\n\n'],
    ['a word out of order', toEventStream([change])],
    ['an end without a word', ''],
    ['an end in the midst of a payload', toEventStream([intent, change])],
  ])('(D8) comes with %s', async (_, said) => {
    const { listen } = await streaming(bytes(200, { ...SSE, ...ORDER }, said))
    expect(await listen()).toEqual(['interrupted ordered 60'])
  })

  it('(D8) comes with a content type that is no stream', async () => {
    const { listen } = await streaming(bytes(200, { 'content-type': 'text/html', ...ORDER }, '<html>'))
    expect(await listen()).toEqual(['interrupted ordered 60'])
  })

  it('(D8) is reported at once for a stream that sends nothing', async () => {
    const { connect } = await streaming((_, response) => {
      response.writeHead(200, { ...SSE, ...ORDER }).flushHeaders()
    })
    expect(await firstOf(connect(undefined, NEVER))).toEqual({
      type: 'activity',
      of: 'heartbeat',
      directive: ordered,
    })
  })

  it.each<[what: string, answer: Answer]>([
    ['"nothing new"', body(none('s1'), ORDER)],
    ['a refusal', status(403, ORDER)],
    ['a failure', status(503, ORDER)],
  ])(
    '(D8, D23) given to the poll that checks a silent stream, with %s, is told by the stream',
    async (_, answer) => {
      const origin = await startOrigin()
      origin.poll.always(answer)
      const stream = new LiveStream(full('s1', put('a')))
      origin.stream.always(stream.answer)
      const newPoll = () => fdv2Poll(endpointAt(`${origin.url}/sdk/poll`))
      const connect = fdv2Stream({
        ...endpointAt(`${origin.url}/sdk/stream`),
        eventMs: 10_000,
        silenceCheck: { quietMs: 50, newPoll },
      })
      const controller = new AbortController()
      const told: string[] = []
      for await (const result of connect(undefined, controller.signal)) {
        told.push(ordering(result))
        if (result.directive || origin.poll.received.length > 3) controller.abort()
      }
      expect(told.at(-1)).toContain('ordered 60')
      expect(origin.poll.received).toHaveLength(1)
    },
  )

  it('(D8) applies to one connection; the next must give it again', async () => {
    const said = toEventStream(full('s1', put('a')))
    const { listen } = await streaming(bytes(200, { ...SSE, ...ORDER }, said), bytes(200, SSE, said))
    expect(await listen()).toEqual(['full a @s1 ordered 60', 'interrupted ordered 60'])
    expect(await listen()).toEqual(['full a @s1', 'interrupted'])
  })

  it('(D8) is also a number in a goodbye, which takes precedence over the header', async () => {
    const { listen } = await streaming(
      bytes(200, SSE, toEventStream([goodbye(7)])),
      bytes(200, { ...SSE, ...ORDER }, toEventStream([goodbye(7)])),
      bytes(200, { ...SSE, ...ORDER }, toEventStream([goodbye()])),
    )
    expect(await listen()).toEqual(['goodbye ordered 7'])
    expect(await listen()).toEqual(['goodbye ordered 7'])
    expect(await listen()).toEqual(['goodbye ordered 60'])
  })
})

describe('the order to use FDv1, given by FDv1 itself', () => {
  const polled = JSON.stringify(everything(put('a')))

  it.each<[what: string, answer: Answer, said: string[]]>([
    ['everything', bytes(200, ORDER, polled), ['full a @nowhere']],
    ['a body that is malformed', bytes(200, ORDER, '[]'), ['interrupted']],
    ['a refusal', status(403, ORDER), ['terminalError']],
    ['a failure', status(503, ORDER), ['interrupted']],
  ])('(D8.13) is an echo and ignored: a poll with %s', async (_, answer, said) => {
    const origin = await startOrigin()
    origin.fdv1.poll.next(answer)
    const results = await resultsOf(fdv1Poll(endpointAt(`${origin.url}/sdk/latest-all`))(undefined, NEVER))
    expect(results.map(ordering)).toEqual(said)
  })

  it('(D8.13) is an echo and ignored: a 304', async () => {
    const origin = await startOrigin()
    origin.fdv1.poll.next(bytes(200, { etag: '"e"', ...ORDER }, polled), status(304, ORDER))
    const poll = fdv1Poll(endpointAt(`${origin.url}/sdk/latest-all`))
    expect((await resultsOf(poll(undefined, NEVER))).map(ordering)).toEqual(['full a @nowhere'])
    expect((await resultsOf(poll(undefined, NEVER))).map(ordering)).toEqual(['none'])
  })

  it.each<[what: string, answer: Answer, said: string[]]>([
    [
      'everything',
      bytes(200, { ...SSE, ...ORDER }, everythingPut(put('a'))),
      ['full a @nowhere', 'interrupted'],
    ],
    [
      'a goodbye with a time',
      bytes(200, { ...SSE, ...ORDER }, everythingPut(put('a')) + toEventStream([goodbye(7)])),
      ['full a @nowhere', 'interrupted'],
    ],
    ['a refusal', status(403, ORDER), ['terminalError']],
  ])('(D8.13) is an echo and ignored: a stream with %s', async (_, answer, said) => {
    const origin = await startOrigin()
    origin.fdv1.stream.next(answer)
    const results = await resultsOf(
      fdv1Stream({ ...endpointAt(`${origin.url}/all`), eventMs: 10_000 })(undefined, NEVER),
    )
    expect(results.map(ordering)).toEqual(said)
  })
})
