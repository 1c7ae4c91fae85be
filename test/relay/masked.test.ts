import { expect, it } from 'vitest'
import { masked } from '../../src/relay/view.ts'

it.each([
  ['sdk-01234567-89ab-cdef', '***-********-****-cdef'],
  ['sdk-0000', '***-****'],
  ['key', '***'],
])('(D21) of the key %s no more is shown than %s', (key, shown) => {
  expect(masked(key)).toBe(shown)
})
