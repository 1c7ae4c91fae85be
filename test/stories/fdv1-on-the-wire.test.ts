import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/async/clock.ts'
import { presets } from '../../src/config/presets.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import { type Engine, type EngineOptions, startEngine } from '../support/engine.ts'
import {
  type Answer,
  body,
  everything,
  everythingPut,
  fdv1Body,
  frame,
  full,
  LiveStream,
  none,
  type Origin,
  put,
  type ReceivedRequest,
  startOrigin,
  status,
  waitUntil,
} from '../support/origin.ts'

const ORDER = { 'x-ld-fd-fallback': 'true' }
/** Duration of an order, in seconds. No other timer has this delay. */
const TTL_S = 77
const TIMED_ORDER = { ...ORDER, 'x-ld-fd-fallback-ttl': String(TTL_S) }
const FDV1 = 'fdv1 polling'
/** Timings for tests about time-outs. */
const BRIEF = { noProgressMs: 400, firstDataMs: 800, pollSilenceMs: 400 }
/** Timings with which no turn ends because the machine is busy. */
const PATIENT = {
  noProgressMs: 600_000,
  firstDataMs: 600_000,
  interruptedMs: 600_000,
  pollSilenceMs: 600_000,
  streamHeadersMs: 600_000,
  streamSilenceMs: 600_000,
  streamQuietMs: 600_000,
}

/** Starts a data system without time-outs, except for those that a test sets. */
function start(origin: Origin, { timings, ...options }: EngineOptions = {}): Engine {
  return startEngine({
    endpoints: origin.endpoints,
    timings: { ...PATIENT, ...timings },
    ...options,
  })
}

/** Returns the default preset without its initializer. */
function withoutInitializer() {
  return { ...presets.default(), initializers: [] }
}

/** Returns a clock with real time, except that an order of {@link TTL_S} seconds ends only when `expire` is called. */
function orderClock(): { readonly clock: Clock; readonly expire: () => Promise<void> } {
  const timers = new Set<() => void>()
  const checks = new Set<() => void>()
  const clock: Clock = {
    ...systemClock,
    after(ms, wake) {
      if (ms !== TTL_S * 1_000) return systemClock.after(ms, wake)
      timers.add(wake)
      for (const check of checks) check()
      return () => timers.delete(wake)
    },
  }
  const expire = async (): Promise<void> => {
    await waitUntil(
      () => timers.size > 0,
      `an order of ${TTL_S} s`,
      (check) => {
        checks.add(check)
        return () => checks.delete(check)
      },
    )
    for (const wake of timers) {
      timers.delete(wake)
      wake()
    }
  }
  return { clock, expire }
}

/** Returns the answer of an event stream that sends these events and stays open. */
function open(events: readonly WireEvent[] | string, headers: Readonly<Record<string, string>> = {}): Answer {
  const stream = new LiveStream(typeof events === 'string' ? () => events : events)
  return (received, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    stream.answer(received, response)
  }
}

function goodbye(protocolFallbackTTL: number): WireEvent {
  return { event: 'goodbye', data: { reason: 'use v1', protocolFallbackTTL } }
}

/** Returns an answer that sends its headers but no body. */
function stalling(headers: Readonly<Record<string, string>>): Answer {
  return (_, response) => response.writeHead(200, headers).flushHeaders()
}

function fdv2Requests({ poll, stream }: Origin): number {
  return poll.received.length + stream.received.length
}

/** Waits long enough for a request of each FDv2 rule: fallback, recovery, polls, reconnects. */
function aWhile(): Promise<void> {
  return wait(400)
}

/** Resolves with the request of this index. */
async function request(
  origin: Origin,
  received: readonly ReceivedRequest[],
  index: number,
): Promise<ReceivedRequest> {
  await origin.until(() => received.length > index, `request ${index}`)
  return received[index] as ReceivedRequest
}

function errors({ log }: Engine): readonly string[] {
  return log.filter((line) => line.startsWith('error'))
}

describe('the order to use FDv1, over real sockets', () => {
  it('(D8.6) takes precedence over a 403: FDv1 until it ends, without FDv2 requests, and then the first source', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', put('a'))))
    origin.stream.next(status(403, TIMED_ORDER)).always(open(full('s2', put('a', 3))))
    origin.fdv1.poll.always(fdv1Body([put('f', 7)]))
    const { clock, expire } = orderClock()
    const engine = start(origin, { clock })

    await engine.follows(FDV1)
    expect(engine.system.flag('f')?.version).toBe(7)
    expect(engine.system.flag('a')).toBeUndefined()
    expect(engine.system.selector).toBeUndefined()
    await origin.until(() => origin.fdv1.poll.received.length > 15, 'many polls')
    expect(engine.system.status.current).toMatchObject({ state: 'valid', source: FDV1 })
    expect(new Set(origin.fdv1.poll.received.map(({ url }) => url))).toEqual(new Set(['/sdk/latest-all']))
    expect(origin.poll.received).toHaveLength(1)
    expect(origin.stream.received).toHaveLength(1)

    // The source failed permanently, but the end of the order cancels its retirement.
    await expire()
    await engine.follows('streaming')
    expect(engine.system.flag('a')?.version).toBe(3)
    const count = origin.fdv1.poll.received.length
    await aWhile()
    expect(origin.fdv1.poll.received).toHaveLength(count)
    expect(errors(engine)).toEqual([])
  })

  it('(D8.4) is followed after the payload of the same answer, without requests of other FDv2 sources', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', put('a')), ORDER))
    let pending: ServerResponse | undefined
    origin.fdv1.poll
      .next((_, response) => {
        pending = response
      })
      .always(fdv1Body([put('f')]))
    const engine = start(origin)

    await engine.serves('a', 1)
    expect(engine.system.initialized).toBe(true)
    await origin.until(() => pending !== undefined, 'a request to FDv1')
    expect(engine.system.selector?.state).toBe('s1')
    pending?.writeHead(200).end(JSON.stringify(everything(put('f'))))
    await engine.follows(FDV1)
    expect(engine.changes.map(({ flags }) => [...flags])).toEqual([['a'], expect.toSatisfy(isAAndF)])
    await aWhile()
    expect(fdv2Requests(origin)).toBe(1)
    expect(origin.received[1]?.url).toBe('/sdk/latest-all')
  })

  it('(D8.4) is followed after the payload of a stream, which is then closed', async () => {
    const origin = await startOrigin()
    const answer = open(full('s1', put('a')), ORDER)
    let closed = false
    origin.stream.always((received, response) => {
      response.on('close', () => {
        closed = true
      })
      answer(received, response)
    })
    origin.fdv1.poll.always(fdv1Body([put('f')]))
    const engine = start(origin, { plan: presets.streaming() })
    await engine.follows(FDV1)
    await origin.until(() => closed, 'the end of the stream')
    expect(engine.changes.map(({ flags }) => [...flags])).toEqual([['a'], expect.toSatisfy(isAAndF)])
    await aWhile()
    expect(fdv2Requests(origin)).toBe(1)
  })

  it.each<[name: string, answer: Answer]>([
    ['a failure', status(500, ORDER)],
    ['a refusal', status(401, ORDER)],
    ['a body without events', body([], ORDER)],
    ['a body that is never sent', stalling({ 'content-type': 'application/json', ...ORDER })],
  ])('(D8) given by the initializer with %s stops all FDv2 requests', async (_, answer) => {
    const origin = await startOrigin()
    origin.poll.always(answer)
    origin.stream.always(open(full('s1', put('a'))))
    origin.fdv1.poll.always(fdv1Body([put('f')]))
    const engine = start(origin, { timings: BRIEF })
    await origin.until(() => origin.received.length > 1, 'a second request')
    expect(origin.received[1]?.url).toBe('/sdk/latest-all')
    await engine.serves('f', 1)
    await aWhile()
    expect(fdv2Requests(origin)).toBe(1)
  })

  it.each<[name: string, answer: Answer]>([
    ['that sends nothing', open('', ORDER)],
    ['that sends only heartbeats', open(':\n\n:\n\n', ORDER)],
    ['that begins a payload and stops', open(full('s1', put('a')).slice(0, 2), ORDER)],
  ])('(D8) is followed after some time on a stream %s, without another FDv2 source', async (_, answer) => {
    const origin = await startOrigin()
    origin.stream.always(answer)
    origin.poll.always(body(full('s9', put('z'))))
    origin.fdv1.poll.always(fdv1Body([put('f')]))
    const engine = start(origin, { plan: withoutInitializer(), timings: BRIEF })
    await origin.until(() => origin.received.length > 1, 'a second request')
    expect(origin.received[1]?.url).toBe('/sdk/latest-all')
    await engine.serves('f', 1)
    await aWhile()
    expect(fdv2Requests(origin)).toBe(1)
  })

  it('(D8) is followed on a stream whose payload never ends', async () => {
    const origin = await startOrigin()
    const stream = new LiveStream(full('s1', put('a')).slice(0, 1))
    origin.stream.always((received, response) => {
      for (const [name, value] of Object.entries(ORDER)) response.setHeader(name, value)
      stream.answer(received, response)
      const timer = setInterval(() => stream.send(full('s1', put('b')).slice(1, 2)), 40)
      response.on('close', () => clearInterval(timer))
    })
    origin.poll.always(body(full('s9', put('z'))))
    origin.fdv1.poll.always(fdv1Body([put('f')]))
    start(origin, { plan: withoutInitializer(), timings: BRIEF })
    await origin.until(() => origin.received.length > 1, 'a second request')
    expect(origin.received[1]?.url).toBe('/sdk/latest-all')
  })

  it('(D8, D12) in a goodbye lasts its time; then FDv2 begins without a basis, because memory holds FDv1 data', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', put('a'))))
    origin.stream
      .next(open([...none('s1'), goodbye(TTL_S)]))
      .next(open([...full('s2', put('b')), goodbye(TTL_S)]))
      .always(open(full('s3', put('c'))))
    origin.fdv1.poll.always((received, response) =>
      received.headers['if-none-match']
        ? status(304)(received, response)
        : fdv1Body([put('f')], { etag: '"e"' })(received, response),
    )
    const { clock, expire } = orderClock()
    const engine = start(origin, { clock })

    await engine.follows(FDV1)
    const first = await request(origin, origin.stream.received, 0)
    expect(first.basis).toBe('s1')
    await expire()
    const second = await request(origin, origin.stream.received, 1)
    expect(second.basis).toBeUndefined()
    await engine.serves('b', 1)

    // (S5) The FDv1 poll does not use the ETag of its last turn, because FDv2 has changed memory since.
    await engine.serves('f', 1)
    await expire()
    const third = await request(origin, origin.stream.received, 2)
    expect(third.basis).toBeUndefined()
    await engine.serves('c', 1)
    expect(engine.changes.map(({ flags }) => [...flags].toSorted().join())).toEqual([
      'a',
      'a,f',
      'b,f',
      'b,f',
      'c,f',
    ])
    expect(origin.poll.received).toHaveLength(1)
  })

  it('(D8, D12) keeps the basis if FDv1 gave no data', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', put('a'))))
    origin.stream.next(open([goodbye(TTL_S)])).always(open(none('s1')))
    origin.fdv1.poll.always(status(503))
    const { clock, expire } = orderClock()
    const engine = start(origin, { clock })
    await request(origin, origin.fdv1.poll.received, 0)
    await expire()
    const second = await request(origin, origin.stream.received, 1)
    expect(second.basis).toBe('s1')
    expect(engine.system.flag('a')?.version).toBe(1)
    await engine.follows('streaming')
    expect(fdv2Requests(origin)).toBe(3)
  })

  it('(D8.2) in a goodbye in the body of a poll takes precedence over the header, also after a payload', async () => {
    const origin = await startOrigin()
    const wanted = { ...ORDER, 'x-ld-fd-fallback-ttl': '600' }
    origin.poll
      .next(body([...full('s1', put('a')), goodbye(TTL_S)], wanted))
      .always(body(full('s2', put('b'))))
    origin.fdv1.poll.always(fdv1Body([put('f')]))
    const { clock, expire } = orderClock()
    const engine = start(origin, { plan: presets.pollingOnly(), clock })
    await engine.follows(FDV1)
    expect(engine.changes.map(({ flags }) => [...flags])[0]).toEqual(['a'])
    expect(origin.poll.received).toHaveLength(1)
    await expire()
    const second = await request(origin, origin.poll.received, 1)
    expect(second.basis).toBeUndefined()
  })

  it('(D8.11) without an FDv1 source stops all requests; held data is served', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', put('a'))))
    origin.stream.next(status(403, TIMED_ORDER)).always(open(none('s1')))
    const plan = presets.default({ fdv1Fallback: null })
    const { clock, expire } = orderClock()
    const engine = start(origin, { plan, clock })

    await engine.until(({ status: { current } }) => current.nextAttempt !== undefined, 'the refusal')
    expect(engine.system.status.current).toMatchObject({ state: 'interrupted' })
    expect(engine.system.flag('a')?.version).toBe(1)

    await expire()
    await engine.follows('streaming')
    expect(origin.received.map(({ path }) => path)).toEqual(['/sdk/poll', '/sdk/stream', '/sdk/stream'])
    expect(origin.stream.received[1]?.basis).toBe('s1')
    expect(origin.fdv1.poll.received).toEqual([])
  })

  it('(D8.13) in an FDv1 answer, with any time, has no effect', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(full('s1', put('a'))))
    origin.stream.next(open([goodbye(TTL_S)])).always(open(full('s2', put('b'))))
    origin.fdv1.poll.always(fdv1Body([put('f')], { ...ORDER, 'x-ld-fd-fallback-ttl': '600' }))
    const { clock, expire } = orderClock()
    const engine = start(origin, { clock })
    await engine.follows(FDV1)
    expect(origin.stream.received).toHaveLength(1)
    await expire()
    await engine.serves('b', 1)
  })

  it('(D8) uses the poll endpoint of the FDv1 fallback if it has its own', async () => {
    const [origin, fallback] = [await startOrigin(), await startOrigin()]
    origin.poll.always(status(500, ORDER))
    fallback.fdv1.poll.always(fdv1Body([put('f')]))
    const plan = presets.default({ fdv1Fallback: { baseUri: fallback.url } })
    const engine = start(origin, { plan })
    await engine.follows(FDV1)
    expect(origin.received.map(({ path }) => path)).toEqual(['/sdk/poll'])
  })

  it('(D8, D20) leaves no connection open and sends no request after a close while it is in force', async () => {
    const origin = await startOrigin()
    origin.poll.always(status(403, ORDER))
    origin.fdv1.poll.always(fdv1Body([put('f')]))
    const engine = start(origin)
    await engine.follows(FDV1)
    await engine.system.close()
    await origin.until(() => origin.connections === 0, 'the end of the connections')
    const count = origin.received.length
    await aWhile()
    expect(origin.received).toHaveLength(count)
  })
})

describe('FDv1 by itself, over real sockets', () => {
  const plan = {
    initializers: [],
    synchronizers: [
      { type: 'streaming', protocol: 'fdv1' },
      { type: 'polling', protocol: 'fdv1' },
    ],
    fdv1Fallback: null,
  } as const

  function patch(key: string, version: number): string {
    return frame('patch', JSON.stringify({ path: `/flags/${key}`, data: { key, version } }))
  }

  it('(D1, D11) follows put, patch and delete, and receives a full payload after a reconnect', async () => {
    const origin = await startOrigin()
    let version = 1
    const stream = new LiveStream(() => everythingPut(put('a', version), put('b', version)))
    origin.fdv1.stream.always(stream.answer)
    const engine = start(origin, { plan })

    await engine.serves('b', 1)
    expect(await engine.system.waitForInitialization()).toMatchObject({ reason: 'ready' })
    stream.send(patch('a', 1) + patch('a', 5) + patch('a', 4))
    await engine.serves('a', 5)
    stream.send(frame('delete', '{"path":"/flags/b","version":2}'))
    await engine.until((system) => system.flag('b') === undefined, 'b gone')
    expect(engine.system.flag('a')?.version).toBe(5)

    version = 3
    stream.cut()
    await engine.serves('b', 3)
    // A full payload replaces newer versions too.
    expect(engine.system.flag('a')?.version).toBe(3)
    expect(origin.received.map(({ url }) => url)).toEqual(['/all', '/all'])
  })

  it('(D4) counts a large slow put as progress, and continues the turn', async () => {
    const origin = await startOrigin()
    const text = everythingPut(put('a', 1, { salt: 'x'.repeat(1_000) }))
    // Counts the starts of the timer for a turn without progress. The next part follows after such a start.
    const noProgressMs = 543_210
    let alarms = 0
    const clock: Clock = {
      ...systemClock,
      after(ms, wake) {
        if (ms === noProgressMs) alarms++
        return systemClock.after(ms, wake)
      },
    }
    const slowly = async (response: ServerResponse): Promise<void> => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let from = 0; from < text.length; from += 100) {
        const before = alarms
        response.write(text.slice(from, from + 100))
        if (from + 100 < text.length) await expect.poll(() => alarms, { interval: 5 }).toBeGreaterThan(before)
      }
    }
    origin.fdv1.stream.always((_, response) => void slowly(response))
    const engine = start(origin, { plan, clock, timings: { noProgressMs } })
    await engine.serves('a', 1)
    expect(origin.received.map(({ url }) => url)).toEqual(['/all'])
  })

  it('(D4) does not count heartbeats before the put as progress: polling takes over, and the stream returns', async () => {
    const origin = await startOrigin()
    origin.fdv1.stream
      .next((_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        const timer = setInterval(() => response.write(frame('heartbeat', '{}')), 30)
        response.on('close', () => clearInterval(timer))
      })
      .always(open(everythingPut(put('a', 2))))
    origin.fdv1.poll.always(fdv1Body([put('a', 1)]))
    const engine = start(origin, { plan, timings: { noProgressMs: 500, firstDataMs: 10_000 } })
    await engine.follows(FDV1)
    expect(engine.system.flag('a')?.version).toBe(1)
    await engine.follows('fdv1 streaming')
    expect(engine.system.flag('a')?.version).toBe(2)
  })
})

function isAAndF(flags: readonly string[]): boolean {
  return flags.toSorted().join() === 'a,f'
}
