import fc from 'fast-check'
import fjp from 'fast-json-patch'
import { describe, expect, it } from 'vitest'
import { applyOperations } from '../../src/protocol/patch.ts'

const held = { on: true, list: [10, 20, 30], nested: { list: [[1], { a: 1 }] }, 'a/b~c': 1 }

describe('paths of a patch are JSON Pointers of RFC 6901 (S150)', () => {
  const refused: readonly (readonly [why: string, operation: object])[] = [
    '01',
    '00',
    '4294967295',
    '4294967296',
    '2147483648',
    '4',
    '-0',
    '-1',
    '1e0',
    '+1',
    ' 1',
    '1 ',
    '1.0',
    '0x1',
    '',
    'length',
    '１',
    'NaN',
  ].map((token) => [`add at /list/${token}`, { op: 'add', path: `/list/${token}`, value: 0 }] as const)
  const others: readonly (readonly [why: string, operation: object])[] = [
    ['replace of the end of a list', { op: 'replace', path: '/list/-', value: 0 }],
    ['remove of the end of a list', { op: 'remove', path: '/list/-' }],
    ['test of the end of a list', { op: 'test', path: '/list/-', value: 0 }],
    ['replace after the end', { op: 'replace', path: '/list/3', value: 0 }],
    ['remove after the end', { op: 'remove', path: '/list/3' }],
    ['remove at a leading zero', { op: 'remove', path: '/list/00' }],
    ['remove of the length', { op: 'remove', path: '/list/length' }],
    ['replace of an inherited member', { op: 'replace', path: '/toString', value: 0 }],
    ['a path through a leading zero', { op: 'replace', path: '/nested/list/01/a', value: 0 }],
    ['a path through the end of a list', { op: 'add', path: '/nested/list/-/a', value: 0 }],
    ['a path through a number', { op: 'add', path: '/list/0/a', value: 0 }],
    ['a path without a slash', { op: 'replace', path: 'on', value: 0 }],
    ['a lone tilde', { op: 'add', path: '/a~', value: 0 }],
    ['an unknown escape', { op: 'add', path: '/a~2', value: 0 }],
    ['a move from a leading zero', { op: 'move', from: '/list/01', path: '/moved' }],
    ['a move to a leading zero', { op: 'move', from: '/on', path: '/list/01' }],
    ['a move beyond the end that the removal left', { op: 'move', from: '/list/0', path: '/list/3' }],
    ['a move into itself', { op: 'move', from: '/nested/list/0', path: '/nested/list/0/0' }],
    ['a move without from', { op: 'move', path: '/list/0' }],
    ['a path that is no text', { op: 'add', path: 1, value: 0 }],
    ['an add without a value', { op: 'add', path: '/new' }],
  ]

  it.each([...refused, ...others])('%s is refused, and nothing is changed', (_, operation) => {
    const before = structuredClone(held)
    expect(applyOperations(held, [operation])).toMatchObject({ type: 'failed' })
    expect(held).toEqual(before)
  })

  it('adds at each index up to the length, and at the end', () => {
    const result = applyOperations(held, [
      { op: 'add', path: '/list/0', value: 0 },
      { op: 'add', path: '/list/4', value: 40 },
      { op: 'add', path: '/list/-', value: 50 },
      { op: 'replace', path: '/a~1b~0c', value: 2 },
      { op: 'move', from: '/list/1', path: '/list/5' },
    ])
    expect(result).toEqual({
      type: 'patched',
      object: { ...held, list: [0, 20, 30, 40, 50, 10], 'a/b~c': 2 },
    })
  })

  it('makes of valid operations what fast-json-patch makes of them', () => {
    const names = fc.constantFrom('a', 'b/c', 'd~e', '0', '01', '-', '', 'length')
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(names, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }))
    const documents = fc.dictionary(names, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
    fc.assert(
      fc.property(documents, fc.integer(), fc.nat(), fc.boolean(), (document, added, choice, end) => {
        const places = [...validOperations(document, added, end)]
        const operation = places[choice % places.length] as fjp.Operation
        const expected = fjp.applyPatch(structuredClone(document), [operation], true).newDocument as object
        expect(applyOperations(document, [structuredClone(operation)])).toEqual({
          type: 'patched',
          object: expected,
        })
      }),
      { numRuns: 2_000 },
    )
  })
})

/** Every place of a document with an operation that is valid there. */
function* validOperations(value: unknown, added: number, end: boolean, path = ''): Generator<fjp.Operation> {
  if (typeof value !== 'object' || value === null) return
  const isList = Array.isArray(value)
  yield { op: 'add', path: `${path}/${isList ? (end ? '-' : value.length) : 'new'}`, value: added }
  for (const [name, member] of Object.entries(value)) {
    const place = `${path}/${fjp.escapePathComponent(name)}`
    yield { op: 'replace', path: place, value: added }
    yield { op: 'remove', path: place }
    yield { op: 'test', path: place, value: member }
    yield { op: 'add', path: place, value: added }
    yield* validOperations(member, added, end, place)
  }
}
