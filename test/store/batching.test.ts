import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inBatches } from '../../src/store/batching.ts'

const sizes = fc.array(fc.nat(20), { maxLength: 30 })
const sum = (items: readonly number[]): number => items.reduce((total, item) => total + item, 0)

it('portions are within both limits, as large as they may be, and nothing is lost or moved', () => {
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 30 }),
      (items, maxItems, maxSize) => {
        const made = [...inBatches(items, { maxItems, maxSize, sizeOf: (item) => item })]
        expect(made.flat()).toEqual(items)
        for (const [index, portion] of made.entries()) {
          expect(portion.length).toBeGreaterThan(0)
          expect(portion.length).toBeLessThanOrEqual(maxItems)
          if (portion.length > 1) expect(sum(portion)).toBeLessThanOrEqual(maxSize)
          const [next] = made[index + 1] ?? []
          if (next !== undefined)
            expect(portion.length === maxItems || sum(portion) + next > maxSize).toBe(true)
        }
      },
    ),
  )
})

it('without sizes only their number counts', () => {
  expect([...inBatches('abcde', { maxItems: 2 })]).toEqual([['a', 'b'], ['c', 'd'], ['e']])
})
