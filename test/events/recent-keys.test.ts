import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecentKeys } from '../../src/events/recent-keys.ts'

it('(AE1.6) forgets the key that was not used for the longest time', () => {
  const keys = new RecentKeys(2)
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map((key) => keys.touch(key))).toEqual([
    false,
    false,
    true,
    false,
    true,
    false,
  ])
})

it('(AE1.6) knows what a list of the last keys knows', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 60 })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), letters, (capacity, touched) => {
      const keys = new RecentKeys(capacity)
      let list: readonly string[] = []
      for (const key of touched) {
        expect(keys.touch(key)).toBe(list.includes(key))
        list = [key, ...list.filter((other) => other !== key)].slice(0, capacity)
        expect(keys.size).toBe(list.length)
      }
    }),
  )
})

it('forgets everything after clear', () => {
  const keys = new RecentKeys(2)
  keys.touch('a')
  keys.clear()
  expect([keys.size, keys.touch('a'), keys.touch('b'), keys.touch('c'), keys.touch('a')]).toEqual([
    0,
    false,
    false,
    false,
    false,
  ])
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

it('distinguishes long keys, and remembers them in a bounded memory', () => {
  const keys = new RecentKeys(2_000)
  const long = (index: number): string => `${'k'.repeat(20_000)}${index}`
  const before = heapBytes()
  for (let index = 0; index < 2_000; index++)
    expect(keys.touch(Buffer.from(long(index)).toString())).toBe(false)
  const grown = heapBytes() - before
  expect([keys.touch(long(0)), keys.touch(long(1_999)), keys.touch(long(2_000))]).toEqual([true, true, false])
  expect(grown).toBeLessThan(8_000_000)
})
