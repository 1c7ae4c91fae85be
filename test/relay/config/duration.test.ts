import { expect, it } from 'vitest'
import { parseDuration } from '../../../src/options/duration.ts'

it.each([
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['500ms', 500],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1_000],
  ['1h1m1s1ms', 3_661_001],
  ['1s1s', 2_000],
  ['+2m', 120_000],
  ['1500us', 2],
  ['1500µs', 2],
  ['1ns', 0],
  ['0', 0],
  ['-0', 0],
  ['0s', 0],
  ['-1s', -1_000],
  ['-1ns', -1],
])('(S91) parses %s as Go does', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

it.each([
  '',
  '-',
  '-1',
  '30',
  '1.5',
  '30 s',
  ' 30s',
  '30S',
  '1m30',
  's',
  '.s',
  '1d',
  '1e3s',
  '0x1s',
  '٣s',
  '--1s',
  '1s-1s',
])('(S91) refuses "%s"', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

it('(S91) refuses a very long number without parsing it', () => {
  expect(parseDuration(`${'9'.repeat(10_000_000)}s`)).toBeUndefined()
})
