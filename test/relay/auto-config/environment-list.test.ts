import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EnvironmentList } from '../../../src/relay/auto-config/environment-list.ts'
import { environmentRep } from '../../../src/testing/auto-config-rep.ts'

const rep = (id: string, version: number, sdkKey = `sdk-${id}`): object =>
  environmentRep({ id, sdkKey }, version)

const versionsOf = (list: EnvironmentList): Readonly<Record<string, number>> =>
  Object.fromEntries(list.environments.map(({ id, version }) => [id, version]))

function listOf(...reps: readonly (readonly [id: string, version: number])[]): EnvironmentList {
  const list = new EnvironmentList()
  list.put(Object.fromEntries(reps.map(([id, version]) => [id, rep(id, version)])))
  return list
}

describe('versions', () => {
  it('(AC2.1) apply an update only if its version is greater', () => {
    const list = listOf(['a', 5])
    expect(list.patch('a', rep('a', 5, 'sdk-other')).isChanged).toBe(false)
    expect(list.patch('a', rep('a', 4, 'sdk-other')).isChanged).toBe(false)
    expect(list.environments[0]?.sdkKey).toBe('sdk-a')
    expect(list.patch('a', rep('a', 6, 'sdk-other')).isChanged).toBe(true)
    expect(list.environments[0]?.sdkKey).toBe('sdk-other')
  })

  it('(AC2.1) apply a deletion only if its version is greater', () => {
    const list = listOf(['a', 5])
    expect(list.delete('a', 5).isChanged).toBe(false)
    expect(list.delete('a', 6).isChanged).toBe(true)
    expect(list.environments).toEqual([])
  })

  it('(AC2.2) keep a deleted environment from being restored by an older update or put', () => {
    const list = listOf(['a', 1], ['b', 1])
    list.delete('a', 4)
    expect(list.patch('a', rep('a', 4)).isChanged).toBe(false)
    list.put({ a: rep('a', 3), b: rep('b', 1) })
    expect(versionsOf(list)).toEqual({ b: 1 })
    list.patch('a', rep('a', 5))
    expect(versionsOf(list)).toEqual({ a: 5, b: 1 })
  })

  it('(AC2.2) forget a deletion when a put does not list the environment', () => {
    const list = listOf(['a', 1])
    list.delete('a', 9)
    list.put({})
    expect(list.patch('a', rep('a', 2)).isChanged).toBe(true)
  })

  it('(AC2.1, AC2.2, AC2.3) agree with a model for every sequence of events', () => {
    const id = fc.constantFrom('a', 'b', 'c', '__proto__')
    const version = fc.integer({ min: 0, max: 6 })
    const event = fc.oneof(
      fc.record({ type: fc.constant('put' as const), items: fc.dictionary(id, version) }),
      fc.record({ type: fc.constant('patch' as const), id, version }),
      fc.record({ type: fc.constant('delete' as const), id, version }),
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const list = new EnvironmentList()
        // The model: the last accepted version of each id, negative for a deleted one (minus 1, since 0 has no sign).
        let model = new Map<string, { readonly version: number; readonly isDeleted: boolean }>()
        const accept = (key: string, received: number, isDeleted: boolean): void => {
          const held = model.get(key)
          if (!held || received > held.version) model.set(key, { version: received, isDeleted })
        }
        for (const each of events) {
          const before = versionsOf(list)
          let isChanged: boolean
          if (each.type === 'put') {
            const reps = Object.entries(each.items).map(([key, number]) => [key, rep(key, number)])
            isChanged = list.put(Object.fromEntries(reps)).isChanged
            model = new Map([...model].filter(([key]) => Object.hasOwn(each.items, key)))
            for (const [key, number] of Object.entries(each.items)) accept(key, number, false)
          } else if (each.type === 'patch') {
            isChanged = list.patch(each.id, rep(each.id, each.version)).isChanged
            accept(each.id, each.version, false)
          } else {
            isChanged = list.delete(each.id, each.version).isChanged
            accept(each.id, each.version, true)
          }
          const expected = [...model].filter(([, { isDeleted }]) => !isDeleted)
          const present = Object.fromEntries(expected.map(([key, { version: held }]) => [key, held]))
          expect(versionsOf(list)).toEqual(present)
          expect(Object.keys(list.reps).toSorted()).toEqual(Object.keys(present).toSorted())
          expect(isChanged).toBe(JSON.stringify(sorted(before)) !== JSON.stringify(sorted(present)))
        }
      }),
    )
  })
})

describe('an invalid environment', () => {
  const secret = 'sdk-secret with a space'

  it.each([
    ['a key with a space', 'a', rep('a', 9, secret), /^sdkKey\.value: expected a key/],
    ['no object', 'a', 'text', /^content: expected an object/],
    ['another id than that of the path', 'a', rep('b', 9), /^envID: expected the same id as in the path$/],
    ['an id that is no file name', '../a', rep('../a', 9), /^the id is not valid$/],
    ['a version that is no number', 'a', { ...rep('a', 9), version: '9' }, /^version: expected a/],
  ])('(AC2.4) with %s is ignored, and its former state stays', (_, id, invalid, reason) => {
    for (const event of ['put', 'patch'] as const) {
      const list = listOf(['a', 1])
      const { refused, isIncomplete } =
        event === 'put' ? list.put({ [id]: invalid, b: rep('b', 1) }) : list.patch(id, invalid)
      expect(refused).toEqual([{ id, reason: expect.stringMatching(reason) }])
      expect(JSON.stringify(refused)).not.toContain('secret')
      expect(isIncomplete).toBe(false)
      const remaining = event === 'put' && id !== 'a' ? {} : { a: 1 }
      expect(versionsOf(list)).toEqual({ ...remaining, ...(event === 'put' && { b: 1 }) })
    }
  })

  it('(AC2.4) is not deleted by an event without a version', () => {
    const list = listOf(['a', 1])
    expect(list.delete('a', undefined).refused).toEqual([
      { id: 'a', reason: 'version: expected a whole number' },
    ])
    expect(versionsOf(list)).toEqual({ a: 1 })
  })

  it('(AC2.5) is incomplete if its list of SDK keys lacks the current one', () => {
    const list = listOf(['a', 1])
    const sdkKeys = [{ key: 'other', value: 'sdk-other' }]
    const incomplete = environmentRep({ id: 'a', sdkKey: 'sdk-new', sdkKeys }, 2)
    expect(list.patch('a', incomplete)).toMatchObject({ isChanged: false, isIncomplete: true })
    expect(list.put({ a: incomplete })).toMatchObject({ isChanged: false, isIncomplete: true })
    expect(list.environments[0]?.sdkKey).toBe('sdk-a')
  })
})

it('reads the lists of keys of newer services', () => {
  const list = new EnvironmentList()
  const environment = {
    id: 'a',
    sdkKey: 'sdk-1',
    sdkKeys: [
      { key: 'default', value: 'sdk-1' },
      { key: 'old', value: 'sdk-0', expiresAt: 9_000 },
      { key: 'view', value: 'sdk-view', hasViews: true },
    ],
    mobileKey: 'mob-1',
    mobileKeys: [
      { key: 'default', value: 'mob-1' },
      { key: 'second', value: 'mob-2' },
    ],
    secureMode: true,
    ttlMinutes: 3,
  }
  list.patch('a', environmentRep(environment, 1))
  expect(list.environments).toMatchObject([
    {
      sdkKey: 'sdk-1',
      moreSdkKeys: [{ value: 'sdk-0', until: 9_000 }],
      mobileKey: 'mob-1',
      moreMobileKeys: [{ value: 'mob-2' }],
      secureMode: true,
      ttlMinutes: 3,
    },
  ])
})

function sorted(record: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(record)
    .map(([key, number]) => `${key} ${number}`)
    .toSorted()
}

it('(AC2.4) never throws, whatever the service sends as an environment', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.string(),
      fc.jsonValue(),
      (reps, id, value) => {
        fc.pre(id !== 'a')
        const list = listOf(['a', 1])
        list.put({ ...reps, a: rep('a', 1) })
        list.patch(id, value)
        list.delete(id, value)
        expect(list.environments.map((each) => each.id)).toContain('a')
      },
    ),
  )
})
