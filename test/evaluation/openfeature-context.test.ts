import type { EvaluationContext, EvaluationContextValue } from '@openfeature/server-sdk'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Context } from '../../src/evaluation/context.ts'
import { toContext } from '../../src/evaluation/openfeature-context.ts'

interface Translation {
  readonly context: Context
  readonly warnings: readonly string[]
}

/** Values that only a caller without types can pass. */
function translate(given: object): Translation {
  const warnings: string[] = []
  return { context: toContext(given as EvaluationContext, (message) => warnings.push(message)), warnings }
}

interface Row {
  readonly what: string
  readonly given: object
  readonly meant: object
}

const ROWS: readonly Row[] = [
  {
    what: 'a targeting key alone is a user',
    given: { targetingKey: 'ada' },
    meant: { kind: 'user', key: 'ada' },
  },
  {
    what: 'a kind names another kind',
    given: { kind: 'organization', targetingKey: 'acme' },
    meant: { kind: 'organization', key: 'acme' },
  },
  {
    what: 'the key may be given in the words of LaunchDarkly',
    given: { key: 'ada' },
    meant: { kind: 'user', key: 'ada' },
  },
  {
    what: 'name, anonymous and private attributes are what they are called',
    given: {
      targetingKey: 'ada',
      name: 'Ada',
      anonymous: true,
      privateAttributes: ['email'],
      email: 'ada@example.com',
    },
    meant: {
      kind: 'user',
      key: 'ada',
      name: 'Ada',
      anonymous: true,
      email: 'ada@example.com',
      _meta: { privateAttributes: ['email'] },
    },
  },
  {
    what: 'a date is its string of ISO 8601, at any depth',
    given: {
      targetingKey: 'ada',
      joined: new Date(0),
      visits: [new Date(0)],
      plan: { since: new Date(0) },
    },
    meant: {
      kind: 'user',
      key: 'ada',
      joined: '1970-01-01T00:00:00.000Z',
      visits: ['1970-01-01T00:00:00.000Z'],
      plan: { since: '1970-01-01T00:00:00.000Z' },
    },
  },
  {
    what: 'a date that is none is null',
    given: { targetingKey: 'ada', joined: new Date(Number.NaN) },
    meant: { kind: 'user', key: 'ada', joined: null },
  },
  {
    what: 'what is null stays null, and is nothing where it stands for something built in',
    given: { targetingKey: 'ada', key: null, name: null, anonymous: null, kind: null, email: null },
    meant: { kind: 'user', key: 'ada', email: null },
  },
  {
    what: 'several kinds, each with a key of either name',
    given: {
      kind: 'multi',
      user: { targetingKey: 'ada', privateAttributes: ['email'], email: 'ada@example.com' },
      organization: { key: 'acme', name: 'Acme', since: new Date(0) },
    },
    meant: {
      kind: 'multi',
      user: { key: 'ada', email: 'ada@example.com', _meta: { privateAttributes: ['email'] } },
      organization: { key: 'acme', name: 'Acme', since: '1970-01-01T00:00:00.000Z' },
    },
  },
  {
    what: 'a targeting key of another level says nothing about several kinds',
    given: { kind: 'multi', targetingKey: 'from the global context', user: { targetingKey: 'ada' } },
    meant: { kind: 'multi', user: { key: 'ada' } },
  },
  {
    what: 'an empty targeting key is none',
    given: { targetingKey: '', key: 'ada' },
    meant: { kind: 'user', key: 'ada' },
  },
  {
    what: 'an empty key beside a targeting key is none',
    given: { targetingKey: 'ada', key: '' },
    meant: { kind: 'user', key: 'ada' },
  },
  {
    what: 'an empty targeting key of one of several kinds is none',
    given: { kind: 'multi', user: { targetingKey: '', key: 'ada' } },
    meant: { kind: 'multi', user: { key: 'ada' } },
  },
  {
    what: 'without a key the key is empty',
    given: { email: 'ada@example.com' },
    meant: { kind: 'user', key: '', email: 'ada@example.com' },
  },
]

describe('the context of an evaluation', () => {
  it.each(ROWS)('(S61) $what', ({ given, meant }) => {
    expect(translate(given)).toEqual({ context: meant, warnings: [] })
  })

  it('(S61) prefers the targeting key to the key, with a warning', () => {
    expect(translate({ targetingKey: 'ada', key: 'grace' })).toEqual({
      context: { kind: 'user', key: 'ada' },
      warnings: ['a context has both a targetingKey and a key; the key is ignored'],
    })
  })

  it.each([5, true, new Date(0), ['ada'], {}])(
    '(S61) a targeting key that is %s is none: the key counts',
    (targetingKey) => {
      expect(translate({ targetingKey, key: 'ada' })).toEqual({
        context: { kind: 'user', key: 'ada' },
        warnings: ['the key of a context must be a string; ignored'],
      })
    },
  )

  it.each(['', 5])('(S61) treats the kind %j as user', (kind) => {
    expect(translate({ kind, targetingKey: 'ada' })).toEqual({
      context: { kind: 'user', key: 'ada' },
      warnings: ['the kind of a context must be a string that is not empty; taken to be "user"'],
    })
  })

  it('(S61) leaves out attributes of the wrong type, with a warning each', () => {
    const given = { targetingKey: 7, kind: 7, name: 7, anonymous: 'yes', privateAttributes: ['email', 7] }
    expect(translate(given)).toEqual({
      context: { kind: 'user', key: '' },
      warnings: [
        'the kind of a context must be a string that is not empty; taken to be "user"',
        'the key of a context must be a string; ignored',
        'the name of a context must be a string; left out',
        'the attribute anonymous of a context must be a boolean; left out',
        'the privateAttributes of a context must be strings; left out',
      ],
    })
  })

  it('(S61) leaves out a part of several kinds that is no object, with a warning', () => {
    const given = { kind: 'multi', user: { targetingKey: 'ada' }, email: 'ada@example.com', tags: ['a'] }
    expect(translate(given)).toEqual({
      context: { kind: 'multi', user: { key: 'ada' } },
      warnings: Array(2).fill('a member of a context of several kinds must be an object; left out'),
    })
  })

  it('(S61) leaves out a part that contains itself, but not a part that occurs twice', () => {
    const shared = { city: 'London' }
    const loop: Record<string, unknown> = { name: 'loop' }
    loop.self = [loop]
    const { context, warnings } = translate({ targetingKey: 'ada', home: shared, work: shared, loop })
    expect(context).toEqual({
      kind: 'user',
      key: 'ada',
      home: shared,
      work: shared,
      loop: { name: 'loop', self: [undefined] },
    })
    expect(warnings).toEqual(['a context contains itself; that part is left out'])
  })

  it('(S61, D21) keeps attributes called __proto__ and constructor, at any depth', () => {
    const given = JSON.parse('{"targetingKey":"ada","__proto__":{"admin":true},"plan":{"__proto__":1}}')
    const { context } = translate(given)
    expect(Object.entries(context)).toContainEqual(['__proto__', { admin: true }])
    expect(Object.entries(context.plan as object)).toEqual([['__proto__', 1]])
    expect(Object.getPrototypeOf(context)).toBe(Object.prototype)
    expect('admin' in context).toBe(false)
    const several = translate(JSON.parse('{"kind":"multi","__proto__":{"targetingKey":"ada"}}'))
    expect(Object.keys(several.context)).toEqual(['__proto__', 'kind'])
  })

  it('(S61) converts any attributes like JSON and does not change the given context', () => {
    const builtIn = new Set([
      'kind',
      'key',
      'targetingKey',
      'name',
      'anonymous',
      'privateAttributes',
      '_meta',
    ])
    const attribute = fc.string().filter((name) => !builtIn.has(name))
    const { value } = fc.letrec<{ value: EvaluationContextValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string(),
        fc.boolean(),
        fc.integer(),
        fc.constant(null),
        fc.date({ noInvalidDate: true }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(attribute, tie('value'), { maxKeys: 3 }),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(attribute, value), fc.string(), (attributes, key) => {
        const given = { ...attributes, targetingKey: key }
        const before = structuredClone(given)
        const { context, warnings } = translate(given)
        expect(given).toEqual(before)
        expect(context).toEqual({
          ...JSON.parse(JSON.stringify(attributes)),
          kind: 'user',
          key,
        })
        expect(warnings).toEqual([])
      }),
    )
  })
})
