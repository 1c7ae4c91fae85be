import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { basisFor, withBasis } from '../../src/selector/basis.ts'
import type { Selector } from '../../src/selector/selector.ts'

const common: Selector = { state: '(p:a:1)', version: 1 }
const scoped: Selector = { state: '(p:b:2)', version: 2, scope: 'B' }

describe('basisFor (D12)', () => {
  const table: [
    why: string,
    held: Selector | undefined,
    scope: string | undefined,
    basis: Selector | undefined,
  ][] = [
    ['nothing held, nothing to echo', undefined, undefined, undefined],
    ['nothing held, nothing to echo in a scope either', undefined, 'B', undefined],
    ['sources share one basis', common, undefined, common],
    ['a source that opted out does not echo the common basis', common, 'B', undefined],
    [
      'a source that opted out echoes its own, and is not told of scopes',
      scoped,
      'B',
      { state: '(p:b:2)', version: 2 },
    ],
    ['the others do not echo the one of a scope', scoped, undefined, undefined],
    ['scopes do not echo each other', scoped, 'C', undefined],
    ['an empty name is a name', common, '', undefined],
  ]

  it.each(table)('%s', (_, held, scope, basis) => {
    expect(basisFor(held, scope)).toEqual(basis)
  })
})

describe('withBasis (D12)', () => {
  const url = 'https://sdk.example/sdk/poll'

  it('leaves the URL alone without a basis', () => {
    expect(withBasis(url, undefined)).toBe(url)
  })

  it('encodes whatever the server said', () => {
    const state = '(p:a:1)&x=y z+%'
    expect(withBasis(url, { state, version: 1 })).toBe(`${url}?basis=(p%3Aa%3A1)%26x%3Dy%20z%2B%25`)
  })

  it('joins a query that is there', () => {
    expect(withBasis(`${url}?filter=mine`, common)).toBe(`${url}?filter=mine&basis=(p%3Aa%3A1)`)
  })

  it('gives the server back exactly what it said, whatever that was', () => {
    const state = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
    const property = fc.property(
      state.filter((text) => text.isWellFormed()),
      (state) => {
        const { searchParams } = new URL(withBasis(`${url}?filter=a%20b`, { state, version: 1 }))
        expect(searchParams.getAll('basis')).toEqual([state])
        expect(searchParams.get('filter')).toBe('a b')
      },
    )
    fc.assert(property)
  })

  it('does not throw at a state that is not well-formed text', () => {
    expect(() => withBasis(url, { state: 'half \ud800', version: 1 })).not.toThrow()
  })
})
