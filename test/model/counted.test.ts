import { expect, test } from 'vitest'
import { counted } from '../../src/model/text.ts'

test('one is singular', () => {
  expect([counted(0, 'flag'), counted(1, 'flag'), counted(2, 'flag')]).toEqual([
    '0 flags',
    '1 flag',
    '2 flags',
  ])
})
