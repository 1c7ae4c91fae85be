import { expect, it } from 'vitest'
import { isSampled } from '../../src/model/sampling.ts'

it.each([
  [1, 0.99, true],
  [1.9, 0.99, true],
  [0, 0, false],
  [0.5, 0, false],
  [2, 0.49, true],
  [2, 0.5, false],
  [10, 0.09, true],
  [10, 0.1, false],
  [Number.NaN, 0, false],
])('(AE1.8) a ratio of %d and the random number %d: %s', (ratio, random, expected) => {
  expect(isSampled(ratio, () => random)).toBe(expected)
})
