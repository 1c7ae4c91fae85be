import { describe, expect, it } from 'vitest'
import { advance, type Transfer } from '../../src/selector/advance.ts'
import type { Selector } from '../../src/selector/selector.ts'

const one: Selector = { state: '(p:a:1)', version: 1 }
const two: Selector = { state: '(p:a:2)', version: 2 }

describe('advance (D12.2)', () => {
  const table: [
    why: string,
    current: Selector | undefined,
    transfer: Transfer,
    after: Selector | undefined,
  ][] = [
    ['a full payload sets the first selector', undefined, { type: 'full', selector: one }, one],
    ['a full payload replaces the selector', one, { type: 'full', selector: two }, two],
    ['a full payload may go back', two, { type: 'full', selector: one }, one],
    [
      'a full payload without a selector leaves none: the old one is of other data',
      one,
      { type: 'full' },
      undefined,
    ],
    ['a delta moves the selector', one, { type: 'partial', selector: two }, two],
    ['a delta never sets the first selector', undefined, { type: 'partial', selector: one }, undefined],
    [
      'a delta without a selector leaves none: data moved to nobody knows where',
      one,
      { type: 'partial' },
      undefined,
    ],
    ['a delta upon nothing leaves nothing', undefined, { type: 'partial' }, undefined],
    ['none keeps the selector', one, { type: 'none' }, one],
    ['none keeps the absence of a selector', undefined, { type: 'none' }, undefined],
    ['none keeps the selector whatever it says', one, { type: 'none', selector: two }, one],
  ]

  it.each(table)('%s', (_, current, transfer, after) => {
    expect(advance(current, transfer)).toBe(after)
  })

  it('a full payload of another scope takes over: nothing is left of what the other built', () => {
    const scoped: Selector = { state: '(p:b:9)', version: 9, scope: 'B' }
    expect(advance(one, { type: 'full', selector: scoped })).toBe(scoped)
  })

  it('a delta never carries the selector from one scope into another', () => {
    const scoped: Selector = { state: '(p:b:9)', version: 9, scope: 'B' }
    expect(advance(one, { type: 'partial', selector: scoped })).toBeUndefined()
  })
})
