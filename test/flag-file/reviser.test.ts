import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseFlagFile } from '../../src/flag-file/parse.ts'
import { Reviser } from '../../src/flag-file/reviser.ts'

const file = (content: object) => parseFlagFile(JSON.stringify(content), 'f.json')
const flags = (content: object) => file({ flags: content })

function brief(changeSet: ReturnType<Reviser['revise']>): string[] | undefined {
  return changeSet?.changes.map(({ op, kind, key, version }) => `${op} ${kind} ${key} ${version}`)
}

test('returns a full change set for the first content, even an empty one', () => {
  expect(new Reviser().revise(file({}))).toMatchObject({ type: 'full', changes: [] })
  const changeSet = new Reviser().revise(file({ flags: { a: { version: 3 } }, segments: { s: {} } }))
  expect(changeSet?.type).toBe('full')
  expect(brief(changeSet)).toMatchObject(['put flag a 3', 'put segment s 1'])
})

test('returns the changed, new and deleted objects of later content', () => {
  const reviser = new Reviser()
  reviser.revise(file({ flags: { a: { on: true }, b: {}, c: {} }, segments: { s: {} } }))
  const changeSet = reviser.revise(file({ flags: { a: { on: false }, b: {}, d: {} }, segments: {} }))
  expect(changeSet?.type).toBe('partial')
  expect(brief(changeSet)).toMatchObject([
    'put flag a 2',
    'put flag d 1',
    'delete flag c 2',
    'delete segment s 2',
  ])
})

test('ignores a different order or version', () => {
  const reviser = new Reviser()
  reviser.revise(flags({ a: { on: true, salt: 'x' }, b: {} }))
  expect(reviser.revise(flags({ b: {}, a: { salt: 'x', on: true, version: 9 } }))).toBeUndefined()
})

test('puts the version of the change into the object', () => {
  const reviser = new Reviser()
  reviser.revise(flags({ a: { on: true, version: 5 } }))
  const changeSet = reviser.revise(flags({ a: { on: false, version: 5 } }))
  expect(changeSet?.changes).toMatchObject([
    { op: 'put', kind: 'flag', key: 'a', version: 6, object: { key: 'a', on: false, version: 6 } },
  ])
})

test('keeps a higher version of the file', () => {
  const reviser = new Reviser()
  reviser.revise(flags({ a: { on: true } }))
  expect(brief(reviser.revise(flags({ a: { on: false, version: 40 } })))).toMatchObject(['put flag a 40'])
})

test('gives a key that comes back a version above its tombstone', () => {
  const reviser = new Reviser()
  reviser.revise(flags({ a: { version: 3 } }))
  expect(brief(reviser.revise(flags({})))).toMatchObject(['delete flag a 4'])
  expect(reviser.revise(flags({}))).toBeUndefined()
  expect(brief(reviser.revise(flags({ a: { version: 3 } })))).toMatchObject(['put flag a 5'])
})

test('the full change set contains the latest objects with their latest versions', () => {
  const reviser = new Reviser()
  reviser.revise(flags({ a: { on: true }, b: {} }))
  reviser.revise(flags({ a: { on: false } }))
  expect(reviser.full()).toMatchObject({
    type: 'full',
    changes: [{ op: 'put', kind: 'flag', key: 'a', version: 2, object: { key: 'a', on: false, version: 2 } }],
  })
})

test('S9: versions of a key only grow, and the changes add up to the content', () => {
  const content = fc.dictionary(
    fc.constantFrom('a', 'b', '__proto__', ''),
    fc.record({ on: fc.boolean(), version: fc.integer({ min: 1, max: 5 }) }),
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 8 }), (saves) => {
      const reviser = new Reviser()
      const versions = new Map<string, number>()
      const held = new Map<string, unknown>()
      for (const save of saves) {
        for (const change of reviser.revise(flags(save))?.changes ?? []) {
          expect(change.version).toBeGreaterThan(versions.get(change.key) ?? 0)
          versions.set(change.key, change.version)
          if (change.op === 'put') held.set(change.key, change.object)
          else held.delete(change.key)
        }
        const on = [...held].map(([key, object]) => [key, (object as { on: boolean }).on] as const)
        expect(new Map(on)).toMatchObject(
          new Map(Object.entries(save).map(([key, value]) => [key, value.on])),
        )
      }
    }),
  )
})
