import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ago, inBytes, inTime, quoted, shortened, table } from '../../src/cli/inspect/format.ts'
import { printable } from '../../src/model/text.ts'

it.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1.0 KiB'],
  [409_600, '400.0 KiB'],
  [1_572_864, '1.5 MiB'],
  [5 * 1_024 ** 4, '5120.0 GiB'],
])('formats %i bytes as %s', (bytes, words) => {
  expect(inBytes(bytes)).toBe(words)
})

it.each([
  [999, '0 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [7_200_000, '2 h ago'],
  [172_800_000, '2 d ago'],
  [-90_000, '1 min from now, by the clock of the writer'],
])('formats %i ms as %s', (ms, words) => {
  expect(ago(ms)).toBe(words)
})

it('prints a time outside the range of dates as a number', () => {
  expect(inTime(0)).toBe('1970-01-01T00:00:00.000Z')
  expect(inTime(1e300)).toBe('1e+300')
})

it('S88: escapes terminal control and invisible characters of a store', () => {
  expect(printable('\u001b[2Jä\u009b\u202e\u2028\ud800')).toBe('\\u001b[2Jä\\u009b\\u202e\\u2028\\ud800')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[^\P{C}\n]/u)
      expect(JSON.parse(printable(JSON.stringify(text)))).toBe(text)
    }),
  )
})

it('S88: quotes a key if its ends would be invisible', () => {
  expect(quoted('new-checkout.v2')).toBe('new-checkout.v2')
  expect(quoted('')).toBe('""')
  expect(quoted('a b\n')).toBe('"a b\\n"')
})

it('S88: shortens long texts only', () => {
  expect(shortened('(p:abc:52)')).toBe('(p:abc:52)')
  const long = shortened(`${'a'.repeat(100)}${'b'.repeat(100)}`)
  expect(long).toBe(`${'a'.repeat(32)}…${'b'.repeat(12)}`)
})

it('aligns columns, numbers to the right', () => {
  expect(
    table([
      ['KEY', 'BYTES'],
      ['long-key', 7],
      ['a', 1_234],
    ]),
  ).toEqual(['KEY       BYTES', 'long-key      7', 'a          1234'])
})
