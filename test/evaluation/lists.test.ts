import { describe, expect, it } from 'vitest'
import { KeyList } from '../../src/evaluation/lists.ts'

const lists = {
  short: ['a', 'b', 'c'],
  long: Array.from({ length: 500 }, (_, index) => `member-${index}`),
}

describe.each(Object.entries(lists))('a %s list of keys', (_, values) => {
  const [first = '', second = ''] = values

  it('finds its keys regardless of earlier lookups', () => {
    const keys = new KeyList(values)
    const asked = ['stranger', 'stranger', first, first, second, 'stranger', first]
    expect(asked.map((key) => keys.has(key))).toEqual(asked.map((key) => values.includes(key)))
  })

  it('searches the whole list for the first key and the second', () => {
    const last = values.at(-1) ?? ''
    for (const asked of [[last], ['stranger', last], [first, last]]) {
      const keys = new KeyList(values)
      expect(asked.map((key) => keys.has(key)).at(-1)).toBe(true)
    }
  })
})

it('ignores list elements that are not keys', () => {
  const keys = new KeyList([...lists.long, 7, null, ''])
  expect([keys.has('7'), keys.has('null'), keys.has('')]).toEqual([false, false, true])
})
