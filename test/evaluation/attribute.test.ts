import { expect, it } from 'vitest'
import { attributeOf, parseReference } from '../../src/evaluation/attribute.ts'
import { readContext } from '../../src/evaluation/context.ts'

const context = readContext(
  JSON.parse(`{
    "kind": "user", "key": "k", "name": "n", "a/b": "slash", "/a": "slash first", "m~n": "tilde", "": "empty", "~1a": "1a",
    "address": { "city": "c", "": "nothing", "a/b": { "m~n": "deep" }, "list": [{ "x": 1 }] },
    "_meta": { "privateAttributes": ["name"] }, "toString": "own", "__proto__": { "polluted": true }
  }`),
)

function read(reference: string, contextKind?: string): unknown {
  if (typeof context === 'string') return expect.fail(context)
  const parsed = parseReference(reference, contextKind)
  return parsed === undefined ? 'invalid' : attributeOf(context, contextKind ?? 'user', parsed)
}

it.each<[string, unknown]>([
  ['name', 'n'],
  ['/name', 'n'],
  ['a/b', 'slash'],
  ['/a~1b', 'slash'],
  ['/m~0n', 'tilde'],
  ['m~n', 'tilde'],
  ['/address/city', 'c'],
  ['/address/a~1b/m~0n', 'deep'],
  ['/address/', 'nothing'],
  ['address/city', undefined],
  ['/address/list/0', undefined],
  ['/address/list/length', undefined],
  ['/name/length', undefined],
  ['/address/city/x', undefined],
  ['/missing/x', undefined],
  ['/toString', 'own'],
  ['/__proto__/polluted', true],
  ['/constructor', undefined],
  ['/address/toString', undefined],
  ['hasOwnProperty', undefined],
  // The official SDK does not decode a name that begins with a tilde.
  ['/~1a', '1a'],
  ['', 'invalid'],
  ['/', 'invalid'],
  ['//', 'invalid'],
  ['/a//b', 'invalid'],
  ['a//b', 'invalid'],
  ['/a~', 'invalid'],
  ['a~', 'invalid'],
  ['/a~2b', 'invalid'],
  ['/a/~x', 'invalid'],
  ['_meta', 'invalid'],
  ['/_meta', 'invalid'],
  ['/_meta/privateAttributes', 'invalid'],
])('(S30) beside a kind, %j is a path where it begins with a slash', (reference, value) => {
  expect(read(reference, 'user')).toEqual(value)
})

it.each<[string, unknown]>([
  ['name', 'n'],
  ['/a', 'slash first'],
  ['a/b', 'slash'],
  ['m~n', 'tilde'],
  ['/name', undefined],
  ['/address/city', undefined],
  ['//', undefined],
  ['toString', 'own'],
  ['__proto__', { polluted: true }],
  ['constructor', undefined],
  ['', 'invalid'],
])('(S30) treats %j as a plain name without a context kind', (reference, value) => {
  expect(read(reference)).toEqual(value)
})

it('(S30) finds no attribute in a missing part or with a reference that is not a string', () => {
  expect(read('name', 'org')).toBeUndefined()
  for (const reference of [undefined, null, 5, {}, []])
    expect(parseReference(reference, 'user')).toBeUndefined()
})
