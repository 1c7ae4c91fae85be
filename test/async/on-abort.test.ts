import { describe, expect, it } from 'vitest'
import { onAbort } from '../../src/async/signals.ts'
import { abortListeners } from './abort-listeners.ts'

describe('onAbort', () => {
  it('calls back once when the signal aborts, in the order of coming, and not who has gone', () => {
    const controller = new AbortController()
    const calls: string[] = []
    for (const name of ['a', 'b', 'c']) {
      const undo = onAbort(controller.signal, () => calls.push(name))
      if (name === 'b') undo()
    }
    controller.abort()
    controller.abort()
    expect(calls).toEqual(['a', 'c'])
  })

  it('keeps signals apart', () => {
    const [one, other] = [new AbortController(), new AbortController()]
    const calls: string[] = []
    onAbort(one.signal, () => calls.push('one'))
    onAbort(other.signal, () => calls.push('other'))
    other.abort()
    expect(calls).toEqual(['other'])
  })

  it('is one listener of the signal, whatever the number of those that wait', () => {
    const { signal } = new AbortController()
    for (let count = 0; count < 1_000; count++) onAbort(signal, () => {})
    expect(abortListeners(signal)).toBe(1)
  })
})
