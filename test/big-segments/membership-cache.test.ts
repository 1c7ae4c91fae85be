import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MembershipCache } from '../../src/big-segments/membership-cache.ts'

const empty = new Map<string, boolean>()
const entry = { membership: empty, hash: '' }

it('(BS3.1) keeps an empty membership, too', () => {
  const cache = new MembershipCache({ maxEntries: 2, maxAgeMs: 10 })
  cache.set('a', entry, 0)
  expect([cache.get('a', 9), cache.get('a', 10), cache.get('b', 0)]).toEqual([empty, undefined, undefined])
})

it('(BS3.2) does not extend the time of an entry that is read', () => {
  const cache = new MembershipCache({ maxEntries: 2, maxAgeMs: 10 })
  cache.set('a', entry, 0)
  for (let now = 0; now < 10; now++) expect(cache.get('a', now)).toBe(empty)
  expect(cache.get('a', 10)).toBeUndefined()
})

it('(BS3.3) evicts the entry that was read least recently', () => {
  const cache = new MembershipCache({ maxEntries: 2, maxAgeMs: 10 })
  cache.set('a', entry, 0)
  cache.set('b', entry, 0)
  cache.get('a', 0)
  cache.set('c', entry, 0)
  expect(['a', 'b', 'c'].filter((key) => cache.get(key, 0))).toEqual(['a', 'c'])
})

it('(BS3) answers as a list of entries that is searched does', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), set: fc.boolean(), passes: fc.nat(6) })
  fc.assert(
    fc.property(fc.array(step), fc.integer({ min: 1, max: 3 }), (steps, maxEntries) => {
      const cache = new MembershipCache({ maxEntries, maxAgeMs: 10 })
      let model: { key: string; at: number; membership: ReadonlyMap<string, boolean> }[] = []
      let now = 0
      for (const { key, set, passes } of steps) {
        now += passes
        const known = model.find((entry) => entry.key === key)
        model = model.filter((entry) => entry !== known)
        if (set) {
          const membership = new Map<string, boolean>()
          cache.set(key, { membership, hash: '' }, now)
          model = [...model, { key, at: now, membership }].slice(-maxEntries)
        } else {
          const fresh = known && now - known.at < 10 ? known : undefined
          expect(cache.get(key, now)).toBe(fresh?.membership)
          if (fresh) model.push(fresh)
        }
      }
    }),
  )
})

it('(BS3.5) removes the entries of changed contexts, or all entries', () => {
  const cache = new MembershipCache({ maxEntries: 9, maxAgeMs: 10 })
  const fill = (): void => {
    for (const key of ['a', 'b', 'c']) cache.set(key, { membership: empty, hash: `hash of ${key}` }, 0)
  }
  const held = (): string[] => ['a', 'b', 'c'].filter((key) => cache.get(key, 0))
  fill()
  cache.forget(new Set(['hash of b', 'hash of d']))
  expect(held()).toEqual(['a', 'c'])
  fill()
  cache.forget('all')
  expect(held()).toEqual([])
})
