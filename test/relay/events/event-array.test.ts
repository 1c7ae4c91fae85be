import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EventArrayScanner } from '../../../src/relay/events/event-array.ts'

/** Returns the count of a text that arrives in chunks of these sizes, which are repeated. */
function count(text: string, sizes: readonly number[] = [Infinity]): number | undefined {
  const bytes = Buffer.from(text)
  const scanner = new EventArrayScanner()
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] as number
    scanner.push(bytes.subarray(start, start + size))
    start += size
  }
  return scanner.count
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

it('(RE2.9) counts the elements of any array, in chunks of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), sizes, (events, indent, chunks) => {
      const text = `\n ${JSON.stringify(events, null, indent)}\r\n\t`
      expect(count(text, chunks)).toBe(events.length)
    }),
  )
})

it('(RE2.9) recognizes every other JSON value, and every incomplete array', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), sizes, (value, end, chunks) => {
      const text = JSON.stringify(value)
      if (!Array.isArray(value)) expect(count(text, chunks)).toBeUndefined()
      expect(count(JSON.stringify([value]).slice(0, end % (text.length + 2)), chunks)).toBeUndefined()
    }),
  )
})

it.each(['', ' ', 'nonsense', '[', ']', '[]]', '[][]', '[],', '[}', '["]', '[1]x', '{"a":[]}', '"[]"'])(
  '(RE2.9) recognizes that this is no array: %s',
  (text) => {
    expect(count(text)).toBeUndefined()
  },
)

it.each([
  ['[]', 0],
  [' [ ] ', 0],
  ['[nonsense]', 1],
  ['[1,"a]b,\\"c",[2,3],{"d":[4,5]}]', 4],
])('(RE2.9) counts %s', (text, expected) => {
  expect(count(text)).toBe(expected)
})
