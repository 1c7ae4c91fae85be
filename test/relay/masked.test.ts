import { expect, it } from 'vitest'
import { masked } from '../../src/relay/view.ts'

it.each([
  ['sdk-01234567-89ab-cdef', '***-********-****-cdef'],
  ['sdk-0000', '***-****'],
  ['key', '***'],
])('(D21) shows the key %s as %s', (key, shown) => {
  expect(masked(key)).toBe(shown)
})
