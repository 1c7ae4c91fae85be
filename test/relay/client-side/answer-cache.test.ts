import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerCache } from '../../../src/relay/client-side/answer-cache.ts'

const sized = (size: number): { size: number } => ({ size })

describe('AnswerCache', () => {
  it('(CS6.4) evicts the least recently used values', () => {
    const cache = new AnswerCache(5_000)
    const values = ['a', 'b', 'c'].map((key) => [key, sized(1_000)] as const)
    for (const [key, value] of values) cache.set(key, value)
    cache.get('a')
    cache.set('d', sized(1_000))
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true])
  })

  it('(CS6.4) does not keep a value that is larger than the cache', () => {
    const cache = new AnswerCache(5_000)
    cache.set('a', sized(1_000))
    cache.set('b', sized(5_000))
    expect(cache.get('a')).toBeDefined()
    expect(cache.get('b')).toBeUndefined()
  })

  it('(CS6.4) measures a value again that has grown', () => {
    const cache = new AnswerCache(5_000)
    const growing = sized(1_000)
    cache.set('a', sized(1_000))
    cache.set('b', growing)
    growing.size = 3_500
    cache.measure('b')
    expect(cache.get('a')).toBeUndefined()
    expect(cache.get('b')).toBe(growing)
    cache.measure('a')
    expect(cache.get('a')).toBeUndefined()
  })

  it('(CS6.4) never takes more memory than its limit', () => {
    const operation = fc.tuple(fc.constantFrom('get', 'set', 'measure'), fc.nat(20), fc.nat(4_000))
    fc.assert(
      fc.property(fc.array(operation), (operations) => {
        const cache = new AnswerCache<{ size: number }>(10_000)
        for (const [name, index, size] of operations) {
          const key = `key-${index}`
          const value = cache.get(key)
          if (name === 'set') cache.set(key, sized(size))
          if (name === 'measure' && value) {
            value.size += size
            cache.measure(key)
          }
          expect(cache.bytes).toBeLessThanOrEqual(10_000)
        }
        for (let index = 0; index <= 20; index++) cache.set(`key-${index}`, sized(20_000))
        expect(cache.bytes).toBe(0)
      }),
    )
  })
})
