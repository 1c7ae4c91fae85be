import { describe, expect, it } from 'vitest'
import { KeyList } from '../../src/evaluation/lists.ts'

const lists = {
  short: ['a', 'b', 'c'],
  long: Array.from({ length: 500 }, (_, index) => `member-${index}`),
}

describe.each(Object.entries(lists))('a %s list of keys', (_, values) => {
  const [first = '', second = ''] = values

  it('knows its keys, whatever was asked before', () => {
    const keys = new KeyList(values)
    const asked = ['stranger', 'stranger', first, first, second, 'stranger', first]
    expect(asked.map((key) => keys.has(key))).toEqual(asked.map((key) => values.includes(key)))
  })

  it('looks at all of it for the first key as for the second', () => {
    const last = values.at(-1) ?? ''
    for (const asked of [[last], ['stranger', last], [first, last]]) {
      const keys = new KeyList(values)
      expect(asked.map((key) => keys.has(key)).at(-1)).toBe(true)
    }
  })
})

it('a list is not confused by what is no key', () => {
  const keys = new KeyList([...lists.long, 7, null, ''])
  expect([keys.has('7'), keys.has('null'), keys.has('')]).toEqual([false, false, true])
})
