import { expect, it } from 'vitest'
import { type Context, canonicalKey, contextProblem } from '../../src/evaluation/context.ts'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import { ask, asking, readerOf } from './ask.ts'

class Account {
  readonly kind = 'account'
  readonly key = 'a1'
}

it.each<[unknown, string]>([
  [{ kind: 'user', key: 'a' }, 'a'],
  [{ kind: 'user', key: 'a:b%' }, 'a:b%'],
  [{ kind: 'org', key: 'a' }, 'org:a'],
  [{ kind: 'org', key: 'a:b%c' }, 'org:a%3Ab%25c'],
  [{ kind: 'multi', user: { key: 'u:1' }, org: { key: 'o' } }, 'org:o:user:u%3A1'],
  [{ kind: 'multi', b: { key: '1' }, B: { key: '2' }, a: { key: '3' } }, 'B:2:a:3:b:1'],
  [{ kind: 'multi', user: { key: 'a:b' } }, 'a:b'],
  [{ kind: 'multi', multi: { key: 'a' } }, 'multi:a'],
  [{ kind: 'a.b-c_1', key: 'a' }, 'a.b-c_1:a'],
  [{ key: 'a' }, 'a'],
  [{ key: '' }, ''],
  [{ key: 5 }, '5'],
  [{ key: false }, 'false'],
  [{ kind: null, key: 'a' }, 'a'],
  [
    JSON.parse('{"kind":"multi","__proto__":{"key":"a"},"constructor":{"key":"b"}}'),
    '__proto__:a:constructor:b',
  ],
  [new Account(), 'account:a1'],
])('(S31.4) %j is known as %j', (context, key) => {
  expect(contextProblem(context)).toBeUndefined()
  expect(canonicalKey(context as Context)).toBe(key)
})

const hostile = {
  kind: 'user',
  get key(): string {
    throw new Error('not today')
  },
}

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['text', 'a'],
  ['a number', 5],
  ['a list', [{ kind: 'user', key: 'a' }]],
  ['a function', () => 'a'],
  ['an empty key', { kind: 'user', key: '' }],
  ['a number as a key', { kind: 'user', key: 5 }],
  ['no key', { kind: 'user' }],
  ['an empty kind', { kind: '', key: 'a' }],
  ['kind as a kind', { kind: 'kind', key: 'a' }],
  ['a space in a kind', { kind: 'a b', key: 'a' }],
  ['a line end in a kind', { kind: 'a\n', key: 'a' }],
  ['a letter of another alphabet in a kind', { kind: 'ü', key: 'a' }],
  ['a kind that is no text', { kind: 5, key: 'a' }],
  ['several kinds, but none', { kind: 'multi' }],
  ['several kinds, one with a wrong name', { kind: 'multi', user: { key: 'a' }, 'a b': { key: 'a' } }],
  ['several kinds, one of them null', { kind: 'multi', user: { key: 'a' }, org: null }],
  ['several kinds, one of them a list', { kind: 'multi', user: { key: 'a' }, org: [] }],
  ['several kinds, one without a key', { kind: 'multi', user: { key: 'a' }, org: { name: 'o' } }],
  ['a user without a key', { name: 'a' }],
  ['a user whose key is null', { key: null }],
  ['a context that throws', hostile],
  ['a key that cannot be text', { key: Object.create(null) as unknown }],
])('(S31) an invalid context is not evaluated, and a sentence states why: %s', (_, context) => {
  expect(contextProblem(context)).toMatch(/^The /)
  expect(canonicalKey(context as Context)).toBeUndefined()
  const { reason } = evaluate(readerOf([asking()]), 'f', context as Context)
  expect(reason).toEqual({ kind: 'ERROR', errorKind: 'USER_NOT_SPECIFIED' })
})

/** Returns whether a clause finds the value in the context. */
function has(context: unknown, attribute: string, value: unknown, contextKind?: string): boolean {
  return (
    ask(asking({ attribute, op: 'in', values: [value], ...(contextKind && { contextKind }) }), context)
      .value === 'y'
  )
}

it('(S31) gives a legacy user the seven known attributes and those in custom, where the known ones take precedence', () => {
  const user = {
    key: 5,
    name: 'n',
    ip: null,
    email: 'e@x',
    secondary: 's',
    shoe: 42,
    custom: { name: 'other', ip: '::1', shoeSize: 43, key: 'k', kind: 'org', anonymous: true },
  }
  expect(has(user, 'key', '5')).toBe(true)
  expect(has(user, 'name', 'n')).toBe(true)
  expect(has(user, 'email', 'e@x')).toBe(true)
  expect(has(user, 'ip', '::1')).toBe(true)
  expect(has(user, 'shoeSize', 43)).toBe(true)
  expect(has(user, 'kind', 'user')).toBe(true)
  expect(has(user, 'anonymous', true)).toBe(true)
  for (const [name, value] of [
    ['secondary', 's'],
    ['shoe', 42],
    ['key', 5],
    ['kind', 'org'],
  ] as const)
    expect(has(user, name, value)).toBe(false)
  expect(has({ ...user, anonymous: 0 }, 'anonymous', false)).toBe(true)
})

it('(S31) reads anonymous as a boolean, and kind as the list of all kinds', () => {
  const both = { kind: 'multi', user: { key: 'a' }, org: { key: 'b', anonymous: 'yes' } }
  expect(has(both, 'anonymous', false)).toBe(true)
  expect(has(both, 'anonymous', true, 'org')).toBe(true)
  expect(has(both, 'anonymous', false, 'device')).toBe(false)
  expect(has(both, 'kind', 'org')).toBe(true)
  expect(has(both, 'kind', 'user', 'device')).toBe(true)
  expect(has(both, '/kind', 'org', 'org')).toBe(true)
})

it('(S31.5) returns EXCEPTION if a getter throws', () => {
  const context = {
    kind: 'user',
    key: 'a',
    get name(): string {
      throw new Error('not today')
    },
  }
  expect(ask(asking({ attribute: 'name', op: 'in', values: ['a'] }), context).reason).toEqual({
    kind: 'ERROR',
    errorKind: 'EXCEPTION',
  })
  expect(ask(asking({ attribute: 'key', op: 'in', values: ['a'] }), context).value).toBe('y')
})
