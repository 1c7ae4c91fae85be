import { describe, expect, it } from 'vitest'
import { type Selector, sameSelector } from '../../src/selector/selector.ts'

const at = (state: string, version = 1, scope?: string): Selector => ({
  state,
  version,
  ...(scope !== undefined && { scope }),
})

describe('sameSelector', () => {
  const pairs: [why: string, a: Selector | undefined, b: Selector | undefined, same: boolean][] = [
    ['two absences are the same', undefined, undefined, true],
    ['an absence is not a selector', undefined, at('s'), false],
    ['an absence is not an empty state', undefined, at(''), false],
    ['the state decides', at('s'), at('s'), true],
    ['another state is another selector', at('s'), at('t'), false],
    ['states are opaque: case and blanks count', at('s'), at('S '), false],
    ['the version never decides', at('s', 1), at('s', 2), true],
    ['the scope counts', at('s', 1, 'A'), at('s', 1, 'B'), false],
    ['a scope is not the common one', at('s', 1, 'A'), at('s'), false],
    ['one scope, one state', at('s', 1, 'A'), at('s', 2, 'A'), true],
  ]

  it.each(pairs)('%s', (_, a, b, same) => {
    expect(sameSelector(a, b)).toBe(same)
    expect(sameSelector(b, a)).toBe(same)
  })
})
