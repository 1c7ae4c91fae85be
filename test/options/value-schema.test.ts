import { describe, expect, it } from 'vitest'
import {
  anything,
  Findings,
  filledList,
  listThat,
  nullish,
  number,
  numberAbove,
  numberFrom,
  oneOf,
  openObject,
  optional,
  ownObject,
  positiveWhole,
  restricted,
  type Schema,
  sharedObject,
  string,
  trueOrFalse,
  variants,
} from '../../src/options/value-schema.ts'

function read(schema: Schema, value: unknown): { value: unknown; faults: unknown; unknown: unknown } {
  const findings = new Findings()
  return { value: schema(value, findings, []), faults: findings.faults, unknown: findings.unknown }
}

function faultOf(schema: Schema, value: unknown): string | undefined {
  const findings = new Findings()
  schema(value, findings, [])
  return findings.faults.map(({ path, expected }) => `${path.join('.')}: ${expected}`).join('; ')
}

describe('single values', () => {
  it.each<[string, Schema, readonly unknown[], readonly [unknown, string][]]>([
    ['a boolean', trueOrFalse, [true, false], [[0, 'a boolean']]],
    ['a string', string, ['', 'x'], [[undefined, 'a string']]],
    [
      'a number',
      number,
      [0, -1.5],
      [
        ['1', 'a number'],
        [Number.NaN, 'a finite number'],
        [Infinity, 'a finite number'],
      ],
    ],
    [
      'a positive whole number',
      positiveWhole,
      [1],
      [
        [0, 'more than 0'],
        [-1.5, 'a whole number'],
      ],
    ],
    ['a number above', numberAbove(2), [2.5], [[2, 'more than 2']]],
    ['a number from', numberFrom(2), [2], [[1, 'at least 2']]],
    ['one of some words', oneOf('a', 'b'), ['a'], [['c', '"a" or "b"']]],
    ['an optional value', optional(string), [undefined, 'x'], [[null, 'a string']]],
    ['a value that may be null', nullish(string), [undefined, null, 'x'], [[1, 'a string']]],
  ])('accepts %s and nothing else', (_, schema, right, wrong) => {
    for (const value of right) expect(read(schema, value)).toEqual({ value, faults: [], unknown: [] })
    for (const [value, expected] of wrong) expect(faultOf(schema, value)).toBe(`: ${expected}`)
  })
})

describe('lists', () => {
  it('names the index of a wrong entry', () => {
    expect(faultOf(listThat(string), ['a', 1, 'b', 2])).toBe('1: a string; 3: a string')
  })

  it('refuses an empty list, and an entry before the length', () => {
    expect(faultOf(filledList(string), [])).toBe(': an array that is not empty')
    expect(faultOf(filledList(string), [1])).toBe('0: a string')
    expect(faultOf(filledList(string), {})).toBe(': an array')
  })
})

describe('objects', () => {
  const members = { name: string, size: optional(number) }

  it('copies the members of the schema, and no absent ones', () => {
    const given = { name: 'a', other: 1 }
    expect(read(openObject(members), given)).toStrictEqual({ value: { name: 'a' }, faults: [], unknown: [] })
    expect(Object.keys(openObject(members)({ name: 'a', size: undefined }, new Findings(), []))).toEqual([
      'name',
      'size',
    ])
  })

  it('reads each getter once', () => {
    let reads = 0
    const given = {
      get name(): string {
        reads++
        return 'a'
      },
    }
    expect(read(ownObject(members), given).faults).toEqual([])
    expect(reads).toBe(1)
  })

  it.each([
    ['own', ownObject],
    ['shared', sharedObject],
  ] as const)('reports unknown names of %s objects, inherited ones too', (kind, objectOf) => {
    const given = Object.assign(Object.create({ inherited: 1 }), { name: 'a', nam: 'b' })
    expect(read(openObject({ inner: objectOf(members) }), { inner: given })).toEqual({
      value: { inner: { name: 'a' } },
      faults: [],
      unknown: [{ path: ['inner'], names: ['nam', 'inherited'], known: ['name', 'size'], kind }],
    })
  })

  it.each([null, undefined, [], 'x', () => ({})])('refuses %o as an object', (value) => {
    expect(faultOf(ownObject(members), value)).toBe(': an object')
  })

  it('checks a condition of the object only if its members are right', () => {
    const schema = restricted(openObject({ a: number, b: number }), ({ a, b }) => a < b, 'a below b')
    expect(faultOf(schema, { a: 2, b: 1 })).toBe(': a below b')
    expect(faultOf(schema, { a: 2, b: '1' })).toBe('b: a number')
  })
})

describe('variants', () => {
  const schema = variants('type', ownObject, { text: { value: string }, any: { value: anything } })

  it('checks the members of the named variant', () => {
    expect(read(schema, { type: 'any', value: 1 }).value).toEqual({ type: 'any', value: 1 })
    expect(faultOf(schema, { type: 'text', value: 1 })).toBe('value: a string')
  })

  it('names the variants if there is none of that name', () => {
    for (const type of [undefined, 'toString', 1])
      expect(faultOf(schema, { type })).toBe('type: "text" or "any"')
    expect(faultOf(schema, 'text')).toBe(': an object')
  })
})
