import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { abortable } from '../../src/async/abortable.ts'
import { abortListeners } from './abort-listeners.ts'

/** A source that never looks at a signal: a test says when and how each `next()` settles. */
function deafSource() {
  const asked: PromiseWithResolvers<IteratorResult<string>>[] = []
  let returned = 0
  const source: AsyncIterableIterator<string> = {
    [Symbol.asyncIterator]: () => source,
    next: () => {
      const settle = Promise.withResolvers<IteratorResult<string>>()
      asked.push(settle)
      return settle.promise
    },
    // As a generator does: it waits behind the pending next(), here for ever.
    return: () => {
      returned++
      return new Promise(() => {})
    },
  }
  return { source, asked, returned: () => returned }
}

async function* three(): AsyncGenerator<number> {
  yield 1
  yield 2
  yield 3
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const ended = { done: true, value: undefined }

describe('abortable', () => {
  it('lets every item through and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    expect(await collect(abortable(three(), signal))).toEqual([1, 2, 3])
    expect(abortListeners(signal)).toBe(0)
  })

  it('passes the error of its source on, once, and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    const items = abortable(
      (async function* () {
        yield 1
        throw new Error('broken')
      })(),
      signal,
    )
    expect((await items.next()).value).toBe(1)
    await expect(items.next()).rejects.toThrow('broken')
    expect(abortListeners(signal)).toBe(0)
    expect(await items.next()).toEqual(ended)
  })

  it('never runs a generator when the signal is aborted before the start', async () => {
    let ran = false
    const source = (async function* () {
      ran = true
      yield 1
    })()
    const signal = AbortSignal.abort()
    expect(await collect(abortable(source, signal))).toEqual([])
    expect(ran).toBe(false)
    expect(await source.next()).toEqual(ended)
    expect(abortListeners(signal)).toBe(0)
  })

  it('ends at once when aborted in mid-wait, though the source is deaf and its return() never settles (S3)', async () => {
    const controller = new AbortController()
    const { source, returned } = deafSource()
    const items = abortable(source, controller.signal)
    const pending = items.next()
    controller.abort()
    expect(await pending).toEqual(ended)
    expect(await items.next()).toEqual(ended)
    expect(returned()).toBe(1)
    expect(abortListeners(controller.signal)).toBe(0)
  })

  it('lets nothing through that arrives after the abort (S3)', async () => {
    const controller = new AbortController()
    const { source, asked } = deafSource()
    const items = abortable(source, controller.signal)
    const pending = items.next()
    controller.abort()
    asked[0]?.resolve({ done: false, value: 'late' })
    expect(await pending).toEqual(ended)
    expect(await items.next()).toEqual(ended)
    expect(asked).toHaveLength(1)
  })

  it('lets nothing through that arrived in the same turn but settles after the abort', async () => {
    const controller = new AbortController()
    const { source, asked } = deafSource()
    const pending = abortable(source, controller.signal).next()
    asked[0]?.resolve({ done: false, value: 'in the doorway' })
    controller.abort()
    expect(await pending).toEqual(ended)
  })

  it('swallows an error that arrives after the abort', async () => {
    const controller = new AbortController()
    const { source, asked } = deafSource()
    const pending = abortable(source, controller.signal).next()
    controller.abort()
    asked[0]?.reject(new Error('late'))
    expect(await pending).toEqual(ended)
    await turn() // an unhandled rejection would fail the run
  })

  it('closes its source when the consumer stops, without waiting for it', async () => {
    const { signal } = new AbortController()
    const { source, asked, returned } = deafSource()
    const items = abortable(source, signal)
    const first = items.next()
    asked[0]?.resolve({ done: false, value: 'one' })
    await first
    expect(await items.return?.()).toEqual(ended)
    expect(returned()).toBe(1)
    expect(abortListeners(signal)).toBe(0)
  })

  it('settles a next() that is pending when the consumer returns', async () => {
    const { source } = deafSource()
    const items = abortable(source, new AbortController().signal)
    const pending = items.next()
    await items.return?.()
    expect(await pending).toEqual(ended)
  })

  it('runs the finally of a generator the consumer breaks out of', async () => {
    const { signal } = new AbortController()
    let cleaned = false
    const source = (async function* () {
      try {
        yield* three()
      } finally {
        cleaned = true
      }
    })()
    for await (const item of abortable(source, signal)) if (item === 2) break
    await turn() // not awaited by the one who stops
    expect(cleaned).toBe(true)
    expect(abortListeners(signal)).toBe(0)
  })

  it('swallows a return() that rejects', async () => {
    const { source } = deafSource()
    source.return = () => Promise.reject(new Error('cannot close'))
    expect(await abortable(source, new AbortController().signal).return?.()).toEqual(ended)
    await turn()
  })

  it('closes its source once, however often it is stopped', async () => {
    const controller = new AbortController()
    const { source, returned } = deafSource()
    const items = abortable(source, controller.signal)
    await items.return?.()
    await items.return?.()
    controller.abort()
    expect(returned()).toBe(1)
  })

  it('takes a source without return()', async () => {
    const controller = new AbortController()
    const { source } = deafSource()
    delete source.return
    const pending = abortable(source, controller.signal).next()
    controller.abort()
    expect(await pending).toEqual(ended)
  })

  it('keeps one listener however many items pass', async () => {
    const { signal } = new AbortController()
    const source = (async function* () {
      for (let i = 0; i < 1_000; i++) yield i
    })()
    const seen = new Set<number>()
    for await (const _ of abortable(source, signal)) seen.add(abortListeners(signal))
    expect([...seen]).toEqual([1])
    expect(abortListeners(signal)).toBe(0)
  })

  it('is not thrown out of step by a return() that throws instead of rejecting', async () => {
    const { source } = deafSource()
    source.return = () => {
      throw new Error('cannot close')
    }
    const items = abortable(source, new AbortController().signal)
    const pending = items.next()
    expect(await items.return?.()).toEqual(ended)
    expect(await pending).toEqual(ended)
  })

  it('leaves no listener behind when next() throws instead of rejecting', async () => {
    const { signal } = new AbortController()
    const { source } = deafSource()
    source.next = () => {
      throw new Error('broken')
    }
    await expect(collect(abortable(source, signal))).rejects.toThrow('broken')
    expect(abortListeners(signal)).toBe(0)
  })
})
