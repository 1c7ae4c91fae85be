import { describe, expect, it } from 'vitest'
import { Queue } from '../../src/async/queue.ts'
import type { StreamEndpoint } from '../../src/exchange/endpoint.ts'
import type { Poll } from '../../src/exchange/poll.ts'
import { fdv2Stream } from '../../src/exchange/stream.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { SleepyClock } from '../support/sleepy-clock.ts'
import { interrupted, none, partial, selector } from '../support/words.ts'

const second = 1_000
const NONE = 'event: server-intent\ndata: {"payloads":[{"intentCode":"none"}]}\n\n'
const DELTA = 'event: payload-transferred\ndata: {"state":"B","version":2}\n\n'

/** A stream in virtual time. The test sends its bytes and answers the polls that check a silent stream. */
function open(
  answers: readonly (readonly SourceResult[] | Promise<readonly SourceResult[]>)[] | 'cannot be asked',
  headers: Record<string, string> = {},
  random: () => number = () => 0,
) {
  const clock = new SleepyClock()
  const controller = new AbortController()
  const body = new Queue<Uint8Array>()
  const asked: string[] = []
  const poll: Poll = async function* (basis) {
    asked.push(`${clock.monotonic() / second}s at ${basis?.state ?? 'nothing'}`)
    yield* (answers !== 'cannot be asked' && (await answers[asked.length - 1])) || [none]
  }
  const endpoint: StreamEndpoint = {
    clock,
    url: 'http://stream.test/sdk/stream',
    headers: {},
    random,
    headersMs: 15 * second,
    silenceMs: 300 * second,
    maxBytes: 1_000,
    eventMs: 60 * second,
    ...(answers !== 'cannot be asked' && { silenceCheck: { quietMs: 200 * second, newPoll: () => poll } }),
    transport: {
      request({ signal }) {
        signal.addEventListener('abort', () => body.close())
        return Promise.resolve({ status: 200, headers, body })
      },
      close: () => Promise.resolve(),
    },
  }
  const results: SourceResult[] = []
  const reading = (async () => {
    for await (const result of fdv2Stream(endpoint)(selector('A'), controller.signal)) {
      if (result.type !== 'activity') results.push(result)
    }
  })()
  const send = async (text: string): Promise<void> => {
    body.push(Buffer.from(text))
    await clock.advance(0)
  }
  const close = async (): Promise<void> => {
    controller.abort()
    await reading
    expect(clock.armed).toBe(0)
  }
  return { clock, asked, results, send, close, reading }
}

describe('a silent stream', () => {
  it('(D23.5) is checked by one poll at the basis it has reached, again and again, and confirmed by "nothing new"', async () => {
    const stream = open([])
    await stream.send(NONE + DELTA)
    await stream.clock.advance(199 * second)
    expect(stream.asked).toEqual([])
    await stream.clock.advance(second)
    expect(stream.asked).toEqual(['200s at B'])
    await stream.clock.advance(99 * second)
    expect(stream.results).toHaveLength(2)
    await stream.close()
  })

  it('(D23.1) is checked later after any byte', async () => {
    const stream = open([])
    await stream.send(NONE)
    for (let minute = 0; minute < 10; minute++) {
      await stream.clock.advance(180 * second)
      await stream.send(':\n')
    }
    expect(stream.asked).toEqual([])
    await stream.close()
  })

  it('(D23.6) that hides a change is closed, and the data of the poll is not used', async () => {
    const stream = open([[partial('C')]])
    await stream.send(NONE)
    await stream.clock.advance(201 * second)
    await stream.reading
    expect(stream.results.slice(1)).toMatchObject([
      { type: 'interrupted', error: { kind: 'network_error', message: expect.stringContaining('silent') } },
    ])
    expect(stream.clock.armed).toBe(0)
  })

  it('(D23.7) stays open if the poll fails', async () => {
    const stream = open([[interrupted()], [interrupted()]])
    await stream.send(NONE)
    await stream.clock.advance(250 * second)
    await stream.send(':\n')
    await stream.clock.advance(199 * second)
    expect(stream.asked).toEqual(['200s at A'])
    expect(stream.results).toHaveLength(1)
    await stream.close()
  })

  it('(D23.4) is checked after three missing heartbeats if the server announces their interval', async () => {
    const stream = open([], { 'x-halyard-heartbeat-ms': '5000' })
    await stream.send(NONE)
    await stream.clock.advance(31 * second)
    expect(stream.asked).toEqual(['15s at A', '30s at A'])
    await stream.close()
  })

  it.each(['', '0', '-3', 'soon'])('(D23.4) ignores a heartbeat interval of %j', async (announced) => {
    const stream = open([], { 'x-halyard-heartbeat-ms': announced })
    await stream.send(NONE)
    await stream.clock.advance(199 * second)
    expect(stream.asked).toEqual([])
    await stream.close()
  })
})

describe('a stream of a process that was frozen', () => {
  it('(S152.2) is checked by one poll at once', async () => {
    const stream = open([])
    await stream.send(NONE + DELTA)
    await stream.clock.freeze(3_000)
    expect(stream.asked).toEqual(['4s at B'])
    await stream.clock.advance(60 * second)
    expect(stream.asked).toHaveLength(1)
    expect(stream.results).toHaveLength(2)
    await stream.close()
  })

  it('(S152) is closed if it missed a change', async () => {
    const stream = open([[partial('C')]])
    await stream.send(NONE)
    await stream.clock.freeze(6_000)
    await stream.reading
    expect(stream.results.at(-1)).toMatchObject({ type: 'interrupted' })
    expect(stream.clock.armed).toBe(0)
  })

  it('(S152.2) is checked again with growing delays until a poll is answered', async () => {
    const stream = open([[interrupted()], [interrupted()], [none], [interrupted()]])
    await stream.send(NONE)
    await stream.clock.freeze(6_000)
    await stream.clock.advance(100 * second)
    expect(stream.asked).toEqual(['7s at A', '8s at A', '10s at A'])
    await stream.close()
  })

  it('(S152) is not checked again after it has sent bytes', async () => {
    const stream = open([[interrupted()], [interrupted()]])
    await stream.send(NONE)
    await stream.clock.freeze(6_000)
    await stream.send(':\n')
    await stream.clock.advance(100 * second)
    expect(stream.asked).toEqual(['7s at A'])
    await stream.close()
  })

  it('(S189) is checked until a poll is answered, although bytes came between the wake and the check', async () => {
    const stream = open([[interrupted()], [none]], {}, () => 0.5)
    await stream.send(NONE)
    await stream.clock.freeze(6_000)
    await stream.send(DELTA)
    expect(stream.asked).toEqual([])
    await stream.clock.advance(100 * second)
    expect(stream.asked).toEqual(['7.4s at B', '8.15s at B'])
    await stream.close()
  })

  it('(S152.2) is checked again if the process was frozen while a check was in progress', async () => {
    const before = Promise.withResolvers<readonly SourceResult[]>()
    const stream = open([before.promise, [none]])
    await stream.send(NONE)
    await stream.clock.freeze(6_000)
    await stream.clock.freeze(6_000)
    expect(stream.asked).toEqual(['7s at A'])
    before.resolve([none])
    await stream.clock.advance(10 * second)
    expect(stream.asked).toHaveLength(2)
    await stream.close()
  })

  it('(S152.3) ends with a goodbye where it cannot be checked', async () => {
    const stream = open('cannot be asked')
    await stream.send(NONE)
    await stream.clock.freeze(6_000)
    await stream.reading
    expect(stream.results.at(-1)).toMatchObject({
      type: 'goodbye',
      reason: expect.stringContaining('frozen'),
    })
    expect(stream.clock.armed).toBe(0)
  })
})

describe('an event that has begun', () => {
  it('(D23.8) must end within a minute, regardless of other bytes within it', async () => {
    const stream = open([])
    await stream.send(`${NONE}event: put-object\n`)
    for (let waited = 0; waited < 55; waited += 5) {
      await stream.clock.advance(5 * second)
      await stream.send(':\n')
    }
    expect(stream.results).toHaveLength(1)
    await stream.clock.advance(6 * second)
    await stream.reading
    expect(stream.results[1]).toMatchObject({
      type: 'interrupted',
      error: { message: 'an event did not end within 60 s' },
    })
  })

  it('(D23.8) has its own minute, regardless of earlier events', async () => {
    const stream = open([])
    await stream.send(`${NONE}event: put-ob`)
    for (let event = 0; event < 5; event++) {
      await stream.clock.advance(50 * second)
      await stream.send('ject\ndata: {"kind":"x","key":"k","version":1}\n\nevent: put-ob')
    }
    expect(stream.results).toHaveLength(1)
    await stream.close()
  })
})
