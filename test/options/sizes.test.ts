import { expect, it } from 'vitest'
import { positiveCount, size } from '../../src/options/sizes.ts'

it.each([
  ['1', 1],
  ['512B', 512],
  ['50KiB', 51_200],
  ['7MiB', 7_340_032],
  ['10gib', 10_737_418_240],
  ['2KB', 2_048],
  [4_096, 4_096],
])('(RE3.1) reads %s as %i bytes', (value, bytes) => {
  expect(size.read(value)).toBe(bytes)
})

it.each([
  '',
  '0',
  '0MiB',
  '-1',
  '1.5MiB',
  '1 MiB',
  '1Mi',
  'x',
  '9999999999TiB',
  0,
  -1,
  1.5,
  Infinity,
  null,
  true,
])('(RE3.1) refuses %s as a size', (value) => {
  expect(size.read(value)).toBeUndefined()
})

it('(RE3.1) refuses 0 as a capacity', () => {
  expect([positiveCount.read('1'), positiveCount.read('0'), positiveCount.read(-1)]).toEqual([
    1,
    undefined,
    undefined,
  ])
})
