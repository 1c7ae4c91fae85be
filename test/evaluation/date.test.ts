import { expect, it } from 'vitest'
import { parseDate } from '../../src/evaluation/operators.ts'

it.each<[value: unknown, milliseconds: number]>([
  [0, 0],
  [-1.5, -1.5],
  [Infinity, Infinity],
  ['1970-01-01T00:00:00Z', 0],
  ['1970-01-01T00:00:01.5Z', 1500],
  ['1970-01-01T00:00:00.123456789Z', 123],
  ['1970-01-01T01:00:00+01:00', 0],
  ['1969-12-31T17:00:00-07:00', 0],
])('%j is %d', (value, milliseconds) => {
  expect(parseDate(value)).toBe(milliseconds)
})

it.each<unknown>([
  '',
  '0',
  '1970',
  '1970-01-01',
  '1970-01-01T00:00:00',
  '1970-01-01 00:00:00Z',
  '1970-01-01T00:00Z',
  '1970-01-01T00:00:00.Z',
  '1970-13-01T00:00:00Z',
  '1970-01-01T25:00:00Z',
  ' 1970-01-01T00:00:00Z',
  '01 Jan 1970 00:00:00 GMT',
  Number.NaN,
  null,
  undefined,
  true,
  {},
  [0],
])('%j is no date', (value) => {
  expect(parseDate(value)).toBeNaN()
})
