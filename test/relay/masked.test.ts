import { expect, it } from 'vitest'
import { masked, maskedKeys } from '../../src/relay/masked-keys.ts'

it.each([
  ['sdk-01234567-89ab-cdef', '***-********-****-cdef'],
  ['sdk-0000', '***-****'],
  ['key', '***'],
])('(D21) shows the key %s as %s', (key, shown) => {
  expect(masked(key)).toBe(shown)
})

it('(S209.2) leaves out expired keys, and masks the others', () => {
  const keys = {
    sdkKey: 'sdk-secret-1234',
    moreSdkKeys: [
      { value: 'sdk-secret-2345', until: 10 },
      { value: 'sdk-secret-3456', until: 11 },
    ],
    moreMobileKeys: [{ value: 'mob-secret-4567', until: 10 }],
  }
  expect(maskedKeys(keys, 10)).toEqual({
    sdkKey: '***-******-1234',
    moreSdkKeys: [{ value: '***-******-3456', until: 11 }],
  })
})
