import { describe, expect, it } from 'vitest'
import { startAttempt } from '../../src/exchange/endpoint.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { InvalidDataError } from '../../src/transport/body.ts'

describe('startAttempt', () => {
  it('(D23) aborts if no byte came within the time limit', async () => {
    const clock = new VirtualClock()
    const attempt = startAttempt(clock, 10_000, new AbortController().signal)
    await clock.advance(9_999)
    expect(attempt.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(attempt.signal.aborted).toBe(true)
    expect(clock.armed).toBe(0)
    // A transport may report the abort by another message.
    expect(attempt.explain(new Error('socket hang up'))).toEqual({
      type: 'interrupted',
      error: { kind: 'network_error', message: 'no byte for 10 s' },
    })
  })

  it('(D23) counts every chunk as a sign of life, and the arrival of headers', async () => {
    const clock = new VirtualClock()
    const attempt = startAttempt(clock, 10_000, new AbortController().signal)
    const steps: string[] = []
    async function* body(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 3; index++) {
        await clock.advance(9_000)
        yield Buffer.from(String(index))
      }
    }
    await clock.advance(9_000)
    for await (const chunk of attempt.watch(body())) steps.push(String(chunk))
    expect(steps).toEqual(['0', '1', '2'])
    expect(attempt.signal.aborted).toBe(false)
    await clock.advance(10_000)
    expect(attempt.signal.aborted).toBe(true)
  })

  it('aborts with its parent, for the same reason', () => {
    const parent = new AbortController()
    const attempt = startAttempt(new VirtualClock(), 10_000, parent.signal)
    parent.abort(new Error('closed'))
    expect(attempt.signal.aborted).toBe(true)
    expect(attempt.signal.reason).toEqual(new Error('closed'))
  })

  it('is aborted from the start if its parent is', () => {
    expect(startAttempt(new VirtualClock(), 10_000, AbortSignal.abort()).signal.aborted).toBe(true)
  })

  it('ends its connection, its watchdog and its listener on the parent', async () => {
    const clock = new VirtualClock()
    const parent = new AbortController()
    const attempt = startAttempt(clock, 10_000, parent.signal)
    attempt.end()
    attempt.end()
    expect(attempt.signal.aborted).toBe(true)
    expect(clock.armed).toBe(0)
    expect(parent.signal.aborted).toBe(false)
  })

  it('reports a failure unchanged if nothing was aborted', () => {
    const attempt = startAttempt(new VirtualClock(), 10_000, new AbortController().signal)
    expect(attempt.explain(new InvalidDataError('the body is not UTF-8'))).toMatchObject({
      type: 'interrupted',
      error: { kind: 'invalid_data' },
    })
    expect(attempt.explain(new Error('reset'))).toMatchObject({
      type: 'interrupted',
      error: { kind: 'network_error' },
    })
  })
})
