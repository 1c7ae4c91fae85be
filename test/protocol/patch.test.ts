import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateEnvironment } from '../../fixtures/environments/generate.ts'
import { applyOperations, diff, type Operation } from '../../src/protocol/patch.ts'

type Members = Record<string, unknown>

/** As it arrives after a journey over the wire. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** Applies the patch after a round trip through JSON. The arguments must not change. */
function roundTrip(before: object, after: object): readonly Operation[] | undefined {
  const [was, becomes] = [sent(before), sent(after)]
  const operations = diff(before, after)
  // Not expect(): it cannot compare members named `constructor` or `__proto__`.
  if (operations)
    deepStrictEqual(applyOperations(before, sent(operations)), { type: 'patched', object: after })
  deepStrictEqual([before, after], [was, becomes])
  return operations
}

describe('diff', () => {
  const rules = [{ id: 'a', n: 1 }, { id: 'b' }, { id: 'c' }]
  const table: [why: string, before: object, after: object, operations: readonly Operation[]][] = [
    ['has no operation for equal members', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    [
      'replaces a changed member',
      { on: true, version: 1, rules },
      { on: false, version: 2, rules },
      [
        { op: 'replace', path: '/on', value: false },
        { op: 'replace', path: '/version', value: 2 },
      ],
    ],
    [
      'adds and removes members',
      { old: 1, same: 1 },
      { same: 1, young: null },
      [
        { op: 'remove', path: '/old' },
        { op: 'add', path: '/young', value: null },
      ],
    ],
    [
      'inserts one rule before the others',
      { rules },
      { rules: [{ id: 'new' }, ...rules] },
      [{ op: 'add', path: '/rules/0', value: { id: 'new' } }],
    ],
    [
      'removes rules from the end, so that their places stay true',
      { rules },
      { rules: rules.slice(2) },
      [
        { op: 'remove', path: '/rules/1' },
        { op: 'remove', path: '/rules/0' },
      ],
    ],
    [
      'looks into the one rule that changed',
      { rules },
      { rules: [{ id: 'a', n: 2 }, ...rules.slice(1)] },
      [{ op: 'replace', path: '/rules/0/n', value: 2 }],
    ],
    [
      'replaces a list of which nothing is left',
      { values: ['a', 'b'] },
      { values: ['c'] },
      [{ op: 'replace', path: '/values', value: ['c'] }],
    ],
    [
      'replaces what became something else',
      { a: [], b: {}, c: null },
      { a: {}, b: null, c: [] },
      [
        { op: 'replace', path: '/a', value: {} },
        { op: 'replace', path: '/b', value: null },
        { op: 'replace', path: '/c', value: [] },
      ],
    ],
    [
      'escapes what has a meaning in a pointer',
      { 'a/b': 1, 'c~1': 1, '': 1 },
      { 'a/b': 2, 'c~1': 2, '': 2 },
      [
        { op: 'replace', path: '/a~1b', value: 2 },
        { op: 'replace', path: '/c~01', value: 2 },
        { op: 'replace', path: '/', value: 2 },
      ],
    ],
  ]

  it.each(table)('%s (D19)', (_, before, after, operations) => {
    expect(roundTrip(before, after)).toEqual(operations)
  })

  it('sends whole what could only be reached past a prototype (S97)', () => {
    const objects = [
      ['{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}'],
      ['{}', '{"a":1,"__proto__":2}'],
      ['{"__proto__":1}', '{}'],
      ['{"a":{"constructor":{"prototype":1}}}', '{"a":{"constructor":{"prototype":2}}}'],
    ] as const
    for (const [before, after] of objects) {
      expect(diff(JSON.parse(before) as object, JSON.parse(after) as object), after).toBeUndefined()
    }
  })

  it('goes past names that only look dangerous, and leaves alone what did not change (S97)', () => {
    const text =
      '{"__proto__":{"a":1},"constructor":{"a":1},"prototype":1,"constructor/prototype":1,"toString":1}'
    const changed = text.replaceAll('1,', '2,').replace('"toString":1', '"toString":2')
    const [before, after] = [JSON.parse(text), JSON.parse(changed)] as [Members, Members]
    Object.defineProperty(after, '__proto__', Object.getOwnPropertyDescriptor(before, '__proto__') ?? {})
    expect(roundTrip(before, after)).toHaveLength(3)
  })

  it('gives up when there are too many steps (S97)', () => {
    const values = (length: number, more: number): Members => ({
      values: Array.from({ length }, (_, i) => i + more),
    })
    expect(roundTrip(values(999, 0), values(999, 1))).toHaveLength(999)
    expect(diff(values(1_000, 0), values(1_000, 1))).toBeUndefined()
  })

  it('replaces deeply nested values, up to the limit of the platform (S97)', () => {
    const nested = (depth: number, core: string): object =>
      JSON.parse(`{"a":${'['.repeat(depth)}${core}${']'.repeat(depth)}}`) as object
    const [operation] = roundTrip(nested(200, '1'), nested(200, '2')) ?? []
    expect(operation).toMatchObject({ op: 'replace', path: `/a${'/0'.repeat(63)}` })
    const abyss = nested(100_000, '1')
    expect(diff(abyss, nested(100_000, '2'))).toHaveLength(1)
    expect(applyOperations(abyss, [{ op: 'add', path: '/b', value: 1 }]).type).toMatch(/patched|failed/)
  })
})

describe('what diff finds, applied to the one object, is the other (D19)', () => {
  const name = fc.oneof(
    // JSON.parse of V8 may take an escaped character for the name of one backslash that an earlier object had.
    fc.string({ maxLength: 3 }).map((text) => text.replaceAll('\\', '|')),
    fc.constantFrom('a', 'b', '0', '-', '', '/', '~', '~1', 'length', 'toString', 'hasOwnProperty', 'toJSON'),
    fc.constantFrom('__proto__', 'constructor', 'prototype', '__defineGetter__'),
  )
  const objectOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Members> =>
    fc.array(fc.tuple(name, value), { maxLength: 5 }).map((entries) => Object.fromEntries(entries))
  const { value } = fc.letrec<{ value: unknown; list: unknown[]; object: Members }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      fc.constantFrom(null, true, false, 0, 1, 2, '', 'a'),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('value'), { maxLength: 5 }),
    object: objectOf(tie('value')),
  }))
  const object = objectOf(value)

  it('for any two objects', () => {
    let found = 0
    const property = fc.property(object, object, (before, after) => {
      if (roundTrip(before, after)) found++
    })
    fc.assert(property, { numRuns: 2_000 })
    expect(found).toBeGreaterThan(1_000)
  })

  /** Somewhere in an object something is put, taken away, or moved to another place. */
  const edit = fc.record({ at: fc.nat(), how: fc.constantFrom('put', 'take', 'double', 'turn'), value })
  type Edit = { readonly at: number; readonly how: string; readonly value: unknown }

  it('for edited flags and segments, and is shorter than the whole object', () => {
    const { flags, segments } = generateEnvironment({ flags: 40, segments: 5 })
    const originals = [...Object.values(flags), ...Object.values(segments)].map(sent)
    const sizes = { patch: 0, whole: 0 }
    const property = fc.property(
      fc.constantFrom(...originals),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (before, edits) => {
        const after = sent(edits.reduce<unknown>(edited, before)) as object
        const operations = roundTrip(before, after)
        if (!operations) return
        sizes.patch += JSON.stringify(operations).length
        sizes.whole += JSON.stringify(after).length
      },
    )
    fc.assert(property, { numRuns: 500 })
    expect(sizes.patch).toBeLessThan(sizes.whole / 3)
  })

  function edited(target: unknown, { at, how, value }: Edit): unknown {
    const copy = sent(target)
    const places = containers(copy)
    const place = places[at % places.length]
    if (Array.isArray(place)) {
      const index = at % (place.length + 1)
      if (how === 'put') place.splice(index, 1, value)
      else if (how === 'take') place.splice(index, 1)
      else if (how === 'double') place.splice(index, 0, ...place.slice(index, index + 1))
      else place.push(...place.splice(0, 1))
    } else if (place) {
      const names = Object.keys(place)
      const name = names[at % Math.max(1, names.length)] ?? 'new'
      if (how === 'take') delete place[name]
      else place[how === 'double' ? `${name}~/` : name] = value
    }
    return copy
  }

  function containers(value: unknown): (unknown[] | Members)[] {
    if (typeof value !== 'object' || value === null) return []
    return [value as Members, ...Object.values(value).flatMap(containers)]
  }
})

describe('applyOperations', () => {
  const held = (): Members => ({ version: 1, list: [1, 2], inner: { a: 1 } })

  it('takes every operation of RFC 6902 but copy (S97)', () => {
    const patch = [
      { op: 'test', path: '/version', value: 1 },
      { op: 'replace', path: '/version', value: 2 },
      { op: 'add', path: '/list/-', value: 3 },
      { op: 'remove', path: '/list/0' },
      { op: 'move', from: '/inner/a', path: '/b' },
    ]
    expect(applyOperations(held(), patch)).toEqual({
      type: 'patched',
      object: { version: 2, list: [2, 3], inner: {}, b: 1 },
    })
    expect(applyOperations(held(), [{ op: 'add', path: '', value: { a: 1 } }])).toEqual({
      type: 'patched',
      object: { a: 1 },
    })
  })

  const refused: [why: string, patch: unknown][] = [
    ['no list', { op: 'remove', path: '/version' }],
    ['nothing at all', undefined],
    ['a step that is none', [null]],
    ['a list for a step', [[]]],
    ['an unknown operation', [{ op: 'spell', path: '/version' }]],
    ['an operation of the library alone', [{ op: '_get', path: '/version' }]],
    ['an operation every object has', [{ op: 'valueOf', path: '/version' }]],
    ['no path', [{ op: 'remove' }]],
    ['a path that is no pointer', [{ op: 'remove', path: 'version' }]],
    ['no value', [{ op: 'add', path: '/a' }]],
    ['a member that is not there', [{ op: 'replace', path: '/gone', value: 1 }]],
    ['a way that is not there', [{ op: 'add', path: '/gone/a', value: 1 }]],
    ['an element that is not there', [{ op: 'remove', path: '/list/2' }]],
    ['a place beyond the end', [{ op: 'add', path: '/list/3', value: 1 }]],
    ['a place that is no number', [{ op: 'add', path: '/list/a', value: 1 }]],
    ['a test that fails', [{ op: 'test', path: '/version', value: 2 }]],
    ['a result that is a list', [{ op: 'replace', path: '', value: [] }]],
    ['nothing left', [{ op: 'remove', path: '' }]],
    ['a prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }]],
    ['the prototype itself', [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }]],
    ['another way to it', [{ op: 'add', path: '/constructor/prototype/polluted', value: 1 }]],
    ['a move from there', [{ op: 'move', from: '/__proto__', path: '/a' }]],
    ['the whole moved into itself', [{ op: 'move', from: '', path: '/a' }]],
    ['a part moved into itself', [{ op: 'move', from: '/inner', path: '/inner/a' }]],
    ['a copy, of which a few dozen fill any memory', [{ op: 'copy', from: '', path: '/a' }]],
    ['more steps than are worth it', Array(1_001).fill({ op: 'replace', path: '/version', value: 2 })],
    [
      'a failure half-way',
      [
        { op: 'replace', path: '/version', value: 2 },
        { op: 'remove', path: '/gone' },
      ],
    ],
  ]

  it.each(refused)('refuses %s, and changes nothing (D19, S97)', (_, patch) => {
    const object = held()
    const patched = applyOperations(object, patch)
    expect(patched).toEqual({ type: 'failed', reason: expect.any(String) as string })
    expect(object).toEqual(held())
    expect('polluted' in {}).toBe(false)
  })

  it('never throws, and never returns the held object itself (S97)', () => {
    const pointer = fc.constantFrom(
      '',
      '/',
      '/list',
      '/list/0',
      '/list/-',
      '/inner/a',
      '/__proto__',
      '/toString',
      '/a~2',
    )
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', '_get', 'constructor', 1),
        path: fc.oneof(pointer, fc.string(), fc.jsonValue()),
        from: fc.oneof(pointer, fc.jsonValue()),
        value: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    const patch = fc.oneof(fc.array(fc.oneof(operation, fc.jsonValue()), { maxLength: 6 }), fc.jsonValue())
    const property = fc.property(patch, (patch) => {
      const object = { ...held(), secret: 'hush' }
      const patched = applyOperations(object, sent(patch))
      deepStrictEqual(object, { ...held(), secret: 'hush' })
      if (patched.type === 'failed') expect(patched.reason).not.toContain('hush')
      else JSON.stringify(patched.object)
    })
    fc.assert(property, { numRuns: 2_000 })
  })
})
