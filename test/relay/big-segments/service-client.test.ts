import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { Queue } from '../../../src/async/queue.ts'
import { DEFAULT_TIMINGS } from '../../../src/datasystem/parts.ts'
import type { BigSegmentService } from '../../../src/relay/big-segments/service.ts'
import { bigSegmentService } from '../../../src/relay/big-segments/service-client.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { HttpRequest, HttpResponse } from '../../../src/transport/transport.ts'

const PATCH = {
  environmentId: 'e',
  segmentId: 'beta.g2',
  version: 'v2',
  previousVersion: 'v1',
  changes: { included: { add: ['a'], remove: [] }, excluded: { remove: ['b'] } },
}

const PARSED = {
  reference: 'beta.g2',
  version: 'v2',
  previousVersion: 'v1',
  included: { add: ['a'], remove: [] },
  excluded: { add: [], remove: ['b'] },
}

type Answer = (request: HttpRequest) => Partial<HttpResponse>

interface Started {
  readonly service: BigSegmentService
  readonly clock: VirtualClock
  readonly requests: HttpRequest[]
  readonly signal: AbortSignal
  readonly abort: () => void
}

function startClient(answer: Answer, polling = 'https://flags.example/path/'): Started {
  const clock = new VirtualClock()
  const requests: HttpRequest[] = []
  const controller = new AbortController()
  let key = 0
  const service = bigSegmentService({
    transport: {
      async request(request) {
        requests.push(request)
        return { status: 200, headers: {}, body: bytesOf(''), ...answer(request) }
      },
      close: async () => {},
    },
    clock,
    timings: DEFAULT_TIMINGS,
    endpoints: { polling, streaming: 'https://stream.example' },
    headers: () => ({ authorization: `sdk-${++key}` }),
  })
  return { service, clock, requests, signal: controller.signal, abort: () => controller.abort() }
}

async function* bytesOf(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

it('(BS8.2, BS8.9) requests patches with the present key and the version', async () => {
  const { service, requests, signal, clock } = startClient(() => ({ body: bytesOf(JSON.stringify([PATCH])) }))
  expect(await service.patchesAfter(undefined, signal)).toEqual([PARSED])
  expect(await service.patchesAfter('v 1&x', signal)).toEqual([PARSED])
  await service.patchesAfter('', signal)
  expect(requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ['https://flags.example/path/sdk/big-segments/revisions', 'sdk-1'],
    ['https://flags.example/path/sdk/big-segments/revisions?after=v%201%26x', 'sdk-2'],
    ['https://flags.example/path/sdk/big-segments/revisions', 'sdk-3'],
  ])
  expect(clock.armed).toBe(0)
})

it('accepts a compressed answer, and lists that are absent or null', async () => {
  const patches = [
    { ...PATCH, changes: { included: null, excluded: { add: null } } },
    { ...PATCH, changes: undefined },
  ]
  const { service, signal } = startClient(() => ({
    headers: { 'content-encoding': 'gzip' },
    body: bytesOf(gzipSync(JSON.stringify(patches))),
  }))
  const none = { add: [], remove: [] }
  const empty = { ...PARSED, included: none, excluded: none }
  expect(await service.patchesAfter(undefined, signal)).toEqual([empty, empty])
})

it.each<[string, Partial<HttpResponse>, object]>([
  ['401', { status: 401 }, { kind: 'permanent', message: expect.stringContaining('401') }],
  [
    '404',
    { status: 404 },
    { kind: 'permanent', message: expect.stringContaining('may not offer big segments') },
  ],
  ['503', { status: 503 }, { kind: 'temporary' }],
  ['429', { status: 429, headers: { 'retry-after': '60' } }, { kind: 'temporary', retryAfterMs: 60_000 }],
  [
    'a redirect to another origin',
    { status: 302, headers: { location: 'https://other.example/' } },
    { kind: 'permanent' },
  ],
  ['text', { body: bytesOf('<html>') }, { message: 'the patches of big segments are not JSON' }],
  ['an object', { body: bytesOf('{}') }, { message: 'the patches of big segments are not a list' }],
  ['a list of text', { body: bytesOf('["a"]') }, { message: expect.stringContaining('no valid [0]') }],
  [
    'a patch without a segment',
    { body: bytesOf(JSON.stringify([PATCH, { ...PATCH, segmentId: '' }])) },
    { message: expect.stringContaining('no valid [1].segmentId') },
  ],
  [
    'an empty hash',
    { body: bytesOf(JSON.stringify([{ ...PATCH, changes: { included: { add: [''] } } }])) },
    { message: expect.stringContaining('no valid [0].changes.included.add') },
  ],
  [
    'more than 64 MiB',
    { headers: { 'content-length': String(64 * 2 ** 20 + 1) } },
    { kind: 'temporary', message: 'the body is longer than 67108864 bytes' },
  ],
])('(BS8.5, BS8.6, BS8.10) a poll that is answered with %s fails', async (_, response, expected) => {
  const { service, signal, clock } = startClient(() => response)
  expect(await failureOf(service.patchesAfter('v1', signal))).toMatchObject({
    code: 'BIG_SEGMENTS',
    ...expected,
  })
  expect(clock.armed).toBe(0)
})

it('(BS8.5) a poll without a byte for 10 s fails, and one that is not complete after 2 min', async () => {
  const endless = new Queue<Uint8Array>()
  const { service, signal, clock } = startClient(() => ({ body: endless }))
  const silent = failureOf(service.patchesAfter('v1', signal))
  await clock.advance(10_000)
  endless.close()
  expect(await silent).toMatchObject({ kind: 'temporary', message: 'no byte for 10 s' })
  const slow = new Queue<Uint8Array>()
  const started = startClient(() => ({ body: slow }))
  const result = failureOf(started.service.patchesAfter('v1', started.signal))
  for (let second = 0; second < 120; second++) {
    slow.push(Buffer.from(' '))
    await started.clock.advance(1_000)
  }
  slow.close()
  expect(await result).toMatchObject({ message: 'no complete answer within 120 s' })
  expect([clock.armed, started.clock.armed]).toEqual([0, 0])
})

it('(BS8.2) opens the stream, and yields the patches of each event', async () => {
  const event = `event: anything\ndata: ${JSON.stringify([PATCH])}\n\n`
  const { service, requests, signal } = startClient(() => ({
    body: bytesOf(':\n\n', event.slice(0, 30), event.slice(30) + event),
  }))
  const received: unknown[] = []
  const reading = (async () => {
    for await (const patches of await service.open(signal)) received.push(patches)
  })()
  expect(await failureOf(reading)).toMatchObject({
    kind: 'temporary',
    message: 'the service ended the stream',
  })
  expect(received).toEqual([[PARSED], [PARSED]])
  expect(requests.map(({ url, headers }) => [url, headers.accept])).toEqual([
    ['https://stream.example/big-segments', 'text/event-stream'],
  ])
})

it('(BS8.5) a stream without a byte for 5 min ends, and a comment counts as a byte', async () => {
  const bytes = new Queue<Uint8Array>()
  const { service, signal, clock } = startClient(() => ({ body: bytes }))
  const stream = await service.open(signal)
  const next = failureOf(stream[Symbol.asyncIterator]().next())
  await clock.advance(299_000)
  bytes.push(Buffer.from(':\n'))
  await clock.advance(299_000)
  expect(clock.armed).toBe(1)
  await clock.advance(1_000)
  bytes.close()
  expect(await next).toMatchObject({ kind: 'temporary', message: 'no byte for 300 s' })
  expect(clock.armed).toBe(0)
})

it('leaves no timer if the caller abandons a stream before reading', async () => {
  const { service, signal, clock, abort } = startClient(() => ({ body: new Queue<Uint8Array>() }))
  await service.open(signal)
  abort()
  expect(clock.armed).toBe(0)
})
