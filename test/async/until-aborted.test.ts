import { describe, expect, it } from 'vitest'
import { untilAborted } from '../../src/async/signals.ts'
import { abortListeners } from './abort-listeners.ts'

const never = new Promise<never>(() => {})

describe('untilAborted', () => {
  it('is what was promised, and leaves nothing on the signal', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
    await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
    expect(abortListeners(signal)).toBe(0)
  })

  it('rejects at once when the signal aborts, with its reason', async () => {
    const controller = new AbortController()
    const waiting = untilAborted(never, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('rejects when the signal has aborted before', async () => {
    await expect(untilAborted(never, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
  })

  it('ignores the outcome of an abandoned promise', async () => {
    const controller = new AbortController()
    const late = Promise.withResolvers<number>()
    const waiting = untilAborted(late.promise, controller.signal)
    controller.abort(new Error('enough'))
    late.reject(new Error('late'))
    await expect(waiting).rejects.toThrow('enough')
    expect(abortListeners(controller.signal)).toBe(0)
  })
})
