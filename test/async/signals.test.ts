import { describe, expect, it } from 'vitest'
import { childOf } from '../../src/async/signals.ts'
import { abortListeners } from './abort-listeners.ts'

describe('childOf', () => {
  it('aborts with its parent, for the same reason, and unlinks', () => {
    const parent = new AbortController()
    const { signal } = childOf(parent.signal)
    expect(signal.aborted).toBe(false)
    parent.abort('closing')
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toBe('closing')
    expect(abortListeners(parent.signal)).toBe(0)
  })

  it('is born aborted when its parent already is', () => {
    const parent = AbortSignal.abort('gone')
    const { signal } = childOf(parent)
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toBe('gone')
    expect(abortListeners(parent)).toBe(0)
  })

  it('ends by itself without touching its parent or its siblings', () => {
    const parent = new AbortController()
    const child = childOf(parent.signal)
    const sibling = childOf(parent.signal)
    child.end('fallback')
    expect(child.signal.reason).toBe('fallback')
    expect(parent.signal.aborted).toBe(false)
    expect(sibling.signal.aborted).toBe(false)
    expect(abortListeners(parent.signal)).toBe(1)
  })

  it('keeps its first reason after a second abort', () => {
    const parent = new AbortController()
    const child = childOf(parent.signal)
    child.end('first')
    child.end('second')
    parent.abort('third')
    expect(child.signal.reason).toBe('first')
  })

  it('ends for a reason that is an AbortError when none is given', () => {
    const child = childOf(new AbortController().signal)
    child.end()
    expect(child.signal.reason).toMatchObject({ name: 'AbortError' })
  })

  it('passes the abort down through generations', () => {
    const parent = new AbortController()
    const grandchild = childOf(childOf(parent.signal).signal)
    parent.abort()
    expect(grandchild.signal.aborted).toBe(true)
  })

  it('leaves nothing on a parent that outlives a thousand children', () => {
    const parent = new AbortController()
    for (let i = 0; i < 1_000; i++) childOf(parent.signal).end()
    expect(abortListeners(parent.signal)).toBe(0)
  })
})
