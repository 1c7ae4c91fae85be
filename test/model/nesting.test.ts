import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isTextTooDeep, isTooDeep, MAX_NESTING } from '../../src/model/nesting.ts'

it('isTextTooDeep agrees with the depth of the parsed value', () => {
  const text = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ':', ',', 'a') })
  const list = fc.array(fc.oneof(text, fc.dictionary(text, text)), { minLength: 1 })
  fc.assert(
    fc.property(list, fc.integer({ min: MAX_NESTING - 4, max: MAX_NESTING + 4 }), (inner, depth) => {
      let value: unknown = inner
      for (let level = 0; level < depth; level++)
        value = level % 2 === 0 ? { '"[{\\': value } : [value, '\\"{']
      expect(isTextTooDeep(JSON.stringify(value))).toBe(isTooDeep(value))
    }),
  )
})
