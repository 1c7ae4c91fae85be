import { describe, expect, it } from 'vitest'
import { startingWith } from '../../src/async/abortable.ts'

describe('startingWith', () => {
  it('gives back the item in front, then the rest, then ends', async () => {
    const rest = (async function* () {
      yield 'second'
      yield 'third'
    })()
    const items = startingWith('first', rest)
    const seen = [await items.next(), await items.next(), await items.next()].map(({ value }) => value)
    expect(seen).toEqual(['first', 'second', 'third'])
    expect((await items.next()).done).toBe(true)
  })

  it('does not ask the rest before it must', async () => {
    let asked = 0
    const rest = {
      next: () => {
        asked++
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }
    const items = startingWith(undefined, rest)
    expect(await items.next()).toEqual({ done: false, value: undefined })
    expect(asked).toBe(0)
    await items.next()
    expect(asked).toBe(1)
  })
})
