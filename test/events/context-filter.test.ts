import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Context, prepare } from '../../src/evaluation/context.ts'
import { ContextFilter, type PrivacyOptions, withoutAnonymous } from '../../src/events/context-filter.ts'

interface Options extends Partial<PrivacyOptions> {
  readonly anonymous?: 'kept' | 'redacted'
}

/** Returns the context as the JSON of an event has it. */
function filtered(context: Context, { anonymous = 'kept', ...privacy }: Options = {}): unknown {
  const filter = new ContextFilter({ privateAttributes: [], allAttributesPrivate: false, ...privacy })
  const prepared = prepare(context)
  if (prepared === undefined) throw new Error('the context is invalid')
  return JSON.parse(JSON.stringify(filter.filter(prepared, context, anonymous)))
}

const ada = {
  kind: 'user',
  key: 'u-1',
  name: 'Ada',
  email: 'ada@example.com',
  address: { city: 'London', street: { name: 'St James', number: 12 } },
  groups: ['a', 'b'],
}

type Case = [references: string[], changed: object, listed: string[]]

/** Attributes that are left out of Ada, and what is listed, by the references that are private. */
const cases: readonly Case[] = [
  [['email'], { email: undefined }, ['email']],
  [['/email'], { email: undefined }, ['/email']],
  [['name', 'email'], { name: undefined, email: undefined }, ['email', 'name']],
  [['/address/city'], { address: { street: ada.address.street } }, ['/address/city']],
  [
    ['/address/street/number'],
    { address: { city: 'London', street: { name: 'St James' } } },
    ['/address/street/number'],
  ],
  [['/address/city', '/address/street'], { address: {} }, ['/address/city', '/address/street']],
  [['/address/city', 'address'], { address: undefined }, ['address']],
  [['email', '/email'], { email: undefined }, ['email']],
  [['missing', '/address/missing', '/name/first'], {}, []],
  [['/groups/0'], {}, []],
  [['address/city'], {}, []],
  [['kind', 'key', 'anonymous', '_meta', '/key', '/_meta/privateAttributes'], {}, []],
  [['', '/', '//', '/a//b', '/a~2b', '/address~'], {}, []],
]

describe('private attributes', () => {
  it.each(cases)('(AE3.1, AE3.3, AE3.5) by option: %j', (privateAttributes, changed, listed) => {
    const expected = {
      ...ada,
      ...changed,
      ...(listed.length > 0 && { _meta: { redactedAttributes: listed } }),
    }
    expect(filtered(ada, { privateAttributes })).toEqual(JSON.parse(JSON.stringify(expected)))
  })

  it.each(cases)('(AE3.1, AE3.3, AE3.5) by the context: %j', (privateAttributes, changed, listed) => {
    const expected = {
      ...ada,
      ...changed,
      ...(listed.length > 0 && { _meta: { redactedAttributes: listed } }),
    }
    const context = { ...ada, _meta: { privateAttributes } }
    expect(filtered(context)).toEqual(JSON.parse(JSON.stringify(expected)))
  })

  it('(AE3.1) of one part of a context does not apply to another part, nor to another context', () => {
    const filter = new ContextFilter({ privateAttributes: ['x'], allAttributesPrivate: false })
    const part = { key: 'k', a: 1, b: 2, x: 3 }
    const context = {
      kind: 'multi',
      org: { ...part, _meta: { privateAttributes: ['a'] } },
      user: { ...part, _meta: { privateAttributes: ['b'] } },
      device: part,
    } as const
    const expected = {
      kind: 'multi',
      org: { key: 'k', b: 2, _meta: { redactedAttributes: ['a', 'x'] } },
      user: { key: 'k', a: 1, _meta: { redactedAttributes: ['b', 'x'] } },
      device: { key: 'k', a: 1, b: 2, _meta: { redactedAttributes: ['x'] } },
    }
    for (let time = 0; time < 2; time++) {
      const prepared = prepare(context)
      expect(prepared && JSON.parse(JSON.stringify(filter.filter(prepared, context, 'kept')))).toEqual(
        expected,
      )
    }
    expect(context.org._meta).toEqual({ privateAttributes: ['a'] })
  })

  it('(AE3.2, AE3.6) all of them, with escaped names', () => {
    const context = {
      kind: 'org',
      key: 'k',
      anonymous: false,
      a: 1,
      'b/c': 2,
      '/ssn': 3,
      '/x~y/z': 4,
      n: null,
    }
    expect(filtered(context, { allAttributesPrivate: true })).toEqual({
      kind: 'org',
      key: 'k',
      anonymous: false,
      _meta: { redactedAttributes: ['/~1ssn', '/~1x~0y~1z', 'a', 'b/c', 'n'] },
    })
  })

  it('keeps other metadata and names that objects inherit', () => {
    const context = JSON.parse(
      '{"kind":"user","key":"k","__proto__":1,"toString":2,"_meta":{"privateAttributes":["toString"],"other":3}}',
    ) as Context
    expect(JSON.stringify(filtered(context))).toBe(
      '{"kind":"user","key":"k","__proto__":1,"_meta":{"other":3,"redactedAttributes":["toString"]}}',
    )
  })

  it('ignores a private list that is none', () => {
    for (const privateAttributes of [3, 'a', { a: 1 }, null, [3, null, {}]]) {
      const context = { kind: 'user', key: 'k', a: 1, _meta: { privateAttributes } } as unknown as Context
      expect(filtered(context)).toEqual({ kind: 'user', key: 'k', a: 1 })
    }
  })
})

describe('anonymous contexts', () => {
  const mixed = {
    kind: 'multi',
    org: { key: 'o', tier: 3 },
    user: { key: 'u', anonymous: true, name: 'Ada' },
  } as const

  it('(AE3.4) lose all attributes, part by part', () => {
    expect(filtered(mixed, { anonymous: 'redacted' })).toEqual({
      kind: 'multi',
      org: { key: 'o', tier: 3 },
      user: { key: 'u', anonymous: true, _meta: { redactedAttributes: ['name'] } },
    })
  })

  it('(AE3.4) keep them in other events', () => {
    expect(filtered(mixed)).toEqual(mixed)
  })

  it('(AE3.4) are those with anonymous: true only', () => {
    const context = { kind: 'user', key: 'u', anonymous: 'yes', name: 'Ada' } as unknown as Context
    expect(filtered(context, { anonymous: 'redacted' })).toEqual(context)
  })

  it.each([
    [mixed, { kind: 'org', key: 'o', tier: 3 }],
    [{ kind: 'user', key: 'u', anonymous: true }, undefined],
    [{ kind: 'multi', a: { key: '1', anonymous: true }, b: { key: '2', anonymous: true } }, undefined],
    [
      { kind: 'user', key: 'u' },
      { kind: 'user', key: 'u' },
    ],
  ] as const)('(AE3.7) are left out of %j', (context, expected) => {
    const prepared = prepare(context)
    const kept = prepared && withoutAnonymous(prepared)
    const filter = new ContextFilter({ privateAttributes: [], allAttributesPrivate: false })
    expect(kept && JSON.parse(JSON.stringify(filter.filter(kept, context, 'kept')))).toEqual(expected)
  })
})

describe('contexts', () => {
  it('of several kinds with one part become a context of one kind', () => {
    expect(filtered({ kind: 'multi', org: { key: 'o', a: 1 } })).toEqual({ kind: 'org', key: 'o', a: 1 })
  })

  it('that are legacy users have their attributes at the top, and the built-in ones as strings', () => {
    const user = {
      key: 7,
      name: 3,
      ip: true,
      secondary: 's',
      anonymous: 1,
      custom: { name: 'overridden', level: 5, '/secret': 1 },
      privateAttributeNames: ['ip', '/secret', 'key'],
    } as unknown as Context
    expect(filtered(user)).toEqual({
      kind: 'user',
      key: '7',
      name: '3',
      anonymous: true,
      level: 5,
      _meta: { redactedAttributes: ['/~1secret', 'ip'] },
    })
  })

  it('(AE3.1, AE3.2) have each attribute either in full or in the list of redacted ones', () => {
    const name = fc.constantFrom('a', 'b', 'c', '/d', 'e/f')
    const attributes = fc.dictionary(name, fc.jsonValue())
    fc.assert(
      fc.property(attributes, fc.array(name), fc.boolean(), (given, privateNames, allAttributesPrivate) => {
        const privateAttributes = privateNames.map((each) => (each === '/d' ? '/~1d' : each))
        const context = { kind: 'user', key: 'k', ...given }
        const { kind, key, _meta, ...rest } = filtered(context, {
          privateAttributes,
          allAttributesPrivate,
        }) as {
          readonly _meta?: { readonly redactedAttributes: readonly string[] }
          readonly [name: string]: unknown
        }
        const hidden = (_meta?.redactedAttributes ?? []).map((each) => (each === '/~1d' ? '/d' : each))
        const names: readonly string[] = privateNames
        const isHidden = (each: string): boolean => allAttributesPrivate || names.includes(each)
        expect([kind, key]).toEqual(['user', 'k'])
        expect(hidden.toSorted()).toEqual(Object.keys(given).filter(isHidden).toSorted())
        const shown = Object.entries(given).filter(([each]) => !isHidden(each))
        expect(rest).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(shown))))
      }),
    )
  })
})
