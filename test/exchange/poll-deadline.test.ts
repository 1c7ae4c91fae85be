import { expect, it } from 'vitest'
import { Queue } from '../../src/async/queue.ts'
import { fdv2Poll } from '../../src/exchange/poll.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { NEVER, resultsOf } from './asking.ts'

it('(S2) cancels an answer that takes too long in total, although bytes arrive', async () => {
  const clock = new VirtualClock()
  const body = new Queue<Uint8Array>()
  const poll = fdv2Poll({
    clock,
    url: 'http://polling.test/sdk/poll',
    headers: {},
    silenceMs: 10_000,
    answerMs: 120_000,
    maxBytes: 1_000,
    transport: {
      request({ signal }) {
        signal.addEventListener('abort', () => body.close())
        return Promise.resolve({ status: 200, headers: {}, body })
      },
      close: () => Promise.resolve(),
    },
  })
  const results = resultsOf(poll(undefined, NEVER))
  for (let second = 0; second <= 120; second += 9) {
    body.push(Buffer.from(' '))
    await clock.advance(9_000)
  }
  expect((await results).at(-1)).toEqual({
    type: 'interrupted',
    error: { kind: 'network_error', message: 'no complete answer within 120 s' },
  })
  expect(clock.armed).toBe(0)
})

it('(D3.4) does not accept a 304 after it has cancelled the request, because the data would seem younger', async () => {
  const clock = new VirtualClock()
  const poll = fdv2Poll({
    clock,
    url: 'http://polling.test/sdk/poll',
    headers: {},
    silenceMs: 10_000,
    answerMs: 120_000,
    maxBytes: 1_000,
    transport: {
      request({ signal, headers }) {
        const body = new Queue<Uint8Array>()
        // This transport ends a body without an error when its signal aborts.
        signal.addEventListener('abort', () => body.close())
        if (headers['if-none-match'] !== undefined) return Promise.resolve({ status: 304, headers: {}, body })
        const none = {
          event: 'server-intent',
          data: { payloads: [{ id: 'p', target: 1, intentCode: 'none' }] },
        }
        body.push(Buffer.from(JSON.stringify({ events: [none] })))
        body.close()
        return Promise.resolve({ status: 200, headers: { etag: '"e"' }, body })
      },
      close: () => Promise.resolve(),
    },
  })
  const basis = { state: 's1', version: 1 }
  expect(await resultsOf(poll(basis, NEVER))).toContainEqual({
    type: 'changeSet',
    changeSet: { type: 'none' },
  })
  const results = resultsOf(poll(basis, NEVER))
  await clock.advance(10_000)
  expect(await results).toEqual([
    { type: 'interrupted', error: { kind: 'network_error', message: 'no byte for 10 s' } },
  ])
})
