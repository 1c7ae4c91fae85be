import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readOfrepContext } from '../../../src/relay/ofrep/ofrep-context.ts'

type Read = ReturnType<typeof readOfrepContext>

const inBody = (context: unknown): Read => readOfrepContext({ body: JSON.stringify({ context }) })

/** Reads a context with one in the header. */
const merged = (context: unknown, header: unknown): Read =>
  readOfrepContext({ body: JSON.stringify({ context }), header: JSON.stringify(header) })

/** Returns the attributes of each kind, with the key. */
function partsOf(read: Read): Readonly<Record<string, object>> {
  if (read.type === 'refused') throw new Error(read.message)
  const parts: Record<string, object> = {}
  for (let part = read.prepared as typeof read.prepared | undefined; part; part = part.next) {
    const { kind: _, ...attributes } = part.attributes as { readonly kind?: unknown }
    parts[part.kind] = attributes
  }
  return parts
}

describe('a context in the body', () => {
  it('(RO3.1) is read as the provider reads it', () => {
    expect(inBody({ targetingKey: 'u', plan: 'x' })).toMatchObject({ canonicalKey: 'u' })
    expect(inBody({ kind: 'org', key: 'o' })).toMatchObject({ canonicalKey: 'org:o' })
    const several = { kind: 'multi', user: { targetingKey: 'u' }, org: { key: 'o' }, targetingKey: 'x' }
    expect(inBody(several)).toMatchObject({ canonicalKey: 'org:o:user:u' })
  })

  it('(RO3.1) may have attributes of any name', () => {
    const attributes = { type: 'refused', cause: 'busy', message: 'no' }
    expect(partsOf(inBody({ targetingKey: 'u', ...attributes }))).toMatchObject({ user: attributes })
    expect(partsOf(merged({ targetingKey: 'u' }, attributes))).toMatchObject({ user: attributes })
  })

  it.each<[string, string, string]>([
    ['text that is not JSON', '{', 'malformed'],
    ['a list', '[]', 'malformed'],
    ['null', 'null', 'malformed'],
    ['no text', '', 'malformed'],
    ['10,000 levels', '{"context":'.padEnd(10_000, '['), 'malformed'],
    ['no context', '{}', 'no key'],
    ['a context without members', '{"context":{}}', 'no key'],
    ['a null context', '{"context":null}', 'invalid'],
    ['a list as context', '{"context":[]}', 'invalid'],
    ['an empty key', '{"context":{"targetingKey":""}}', 'no key'],
    ['a number as key', '{"context":{"targetingKey":7}}', 'no key'],
    ['a part without a key', '{"context":{"kind":"multi","user":{"targetingKey":"u"},"org":{}}}', 'no key'],
    ['a wrong kind', '{"context":{"kind":"a b","targetingKey":"u"}}', 'invalid'],
    ['several kinds without a part', '{"context":{"kind":"multi"}}', 'invalid'],
  ])('(RO3.2) refuses %s', (_, body, cause) => {
    expect(readOfrepContext({ body })).toMatchObject({ type: 'refused', cause })
  })

  it('(RO3.2) never throws, and repeats no attribute', () => {
    fc.assert(
      fc.property(fc.json(), fc.option(fc.string(), { nil: undefined }), (json, header) => {
        const read = readOfrepContext({ body: `{"context":${json},"secret-text":1}`, header })
        expect(read.type === 'refused' ? read.message : '').not.toContain('secret-text')
      }),
    )
  })
})

describe('a context in the header', () => {
  it('(RO4.2) replaces members of its kind, and leaves others', () => {
    const read = merged(
      { targetingKey: 'u', plan: 'free', locale: 'de' },
      { plan: 'pro', org: { key: 'no kind' }, country: null },
    )
    expect(partsOf(read)).toEqual({
      user: { key: 'u', plan: 'pro', locale: 'de', org: { key: 'no kind' }, country: null },
    })
  })

  it('(RO4.2) is JSON or its Base64, of either alphabet', () => {
    const text = JSON.stringify({ targetingKey: 'ä?>~' })
    for (const header of [
      Buffer.from(text).toString('latin1'),
      Buffer.from(text).toString('base64'),
      Buffer.from(text).toString('base64url'),
    ])
      expect(readOfrepContext({ body: '{}', header })).toMatchObject({ canonicalKey: 'ä?>~' })
  })

  it.each<[string, object]>([
    ['a targetingKey', { targetingKey: 'mallory' }],
    ['a key', { key: 'mallory' }],
    ['both', { targetingKey: 'mallory', key: 'mallory' }],
    ['a kind', { kind: 'user', targetingKey: 'mallory', role: 'admin' }],
    ['another kind', { kind: 'device', targetingKey: 'd' }],
    [
      'several kinds',
      { kind: 'multi', user: { targetingKey: 'mallory', role: 'admin' }, device: { key: 'd' } },
    ],
    ['a wrong kind', { kind: 7, targetingKey: 'mallory' }],
    ['a member named as the kind', { user: { targetingKey: 'mallory' } }],
  ])('(RO4.2) is not avoided by %s in the body', (_, context) => {
    for (const trusted of [
      { targetingKey: 'ada', role: 'user' },
      { key: 'ada', role: 'user' },
      { kind: 'multi', user: { targetingKey: 'ada', role: 'user' } },
    ])
      expect(partsOf(merged(context, trusted)).user).toMatchObject({ key: 'ada', role: 'user' })
  })

  it.each(['', 'x', '[]', 'null', '"text"', '{"a":1}, {"a":2}', 'bnVsbA==', '\xff'])(
    '(RO4.3) is refused if it is %j',
    (header) => {
      const body = '{"context":{"targetingKey":"u"}}'
      expect(readOfrepContext({ body, header })).toMatchObject({ type: 'refused', cause: 'invalid' })
    },
  )
})
