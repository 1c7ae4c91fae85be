import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inBatches } from '../../src/store/batching.ts'

const sizes = fc.array(fc.nat(20), { maxLength: 30 })
const sum = (items: readonly number[]): number => items.reduce((total, item) => total + item, 0)

it('fills each batch up to one of the limits, and keeps all items in their order', () => {
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 30 }),
      (items, maxItems, maxSize) => {
        const made = [...inBatches(items, { maxItems, maxSize, sizeOf: (item) => item })]
        expect(made.flat()).toEqual(items)
        for (const [index, batch] of made.entries()) {
          expect(batch.length).toBeGreaterThan(0)
          expect(batch.length).toBeLessThanOrEqual(maxItems)
          if (batch.length > 1) expect(sum(batch)).toBeLessThanOrEqual(maxSize)
          const [next] = made[index + 1] ?? []
          if (next !== undefined) expect(batch.length === maxItems || sum(batch) + next > maxSize).toBe(true)
        }
      },
    ),
  )
})

it('limits the number of items if there are no sizes', () => {
  expect([...inBatches('abcde', { maxItems: 2 })]).toEqual([['a', 'b'], ['c', 'd'], ['e']])
})
