import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppliedChangeSet } from '../../src/model/change-set.ts'
import { decodePollBody } from '../../src/protocol/poll-body.ts'
import { Publication } from '../../src/server/publication.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { outlinePoll, put, remove } from './raw-http.ts'

const options = {
  clock: new VirtualClock(),
  stepped: () => {},
  differed: () => {},
  onError: console.error,
}

function published(...changeSets: AppliedChangeSet[]): Publication {
  const publication = new Publication({ ...options, history: { maxSteps: 3 } })
  for (const [index, changeSet] of changeSets.entries()) {
    publication.accept({ changeSet, selector: { state: `s${index}`, version: index } })
  }
  return publication
}

function outlineFor(publication: Publication, basis?: string): string[] {
  return outlinePoll(publication.answer(basis)?.poll() ?? Buffer.from('{"events":[]}'))
}

const first: AppliedChangeSet = { type: 'full', changes: [put('a', 1), put('b', 1)] }
const second: AppliedChangeSet = { type: 'partial', changes: [put('a', 2), remove('b', 2)] }

test('before any data there is no answer', () => {
  expect(published().answer(undefined)).toBeUndefined()
})

test('without a basis everything is sent, as payload-missing', () => {
  expect(outlineFor(published(first, second))).toEqual([
    'server-intent xfer-full payload-missing',
    'put-object a',
    'payload-transferred s1',
  ])
})

test('an empty basis counts as none', () => {
  expect(outlineFor(published(first), '')[0]).toBe('server-intent xfer-full payload-missing')
})

test('S8: an unknown basis gets everything, as cant-catchup', () => {
  expect(outlineFor(published(first), 'elsewhere')[0]).toBe('server-intent xfer-full cant-catchup')
})

test('S8: a known basis gets what changed since, as stale', () => {
  expect(outlineFor(published(first, second), 's0')).toEqual([
    'server-intent xfer-changes stale',
    'put-object a',
    'delete-object b',
    'payload-transferred s1',
  ])
})

test('S8: the current basis gets the intent none and nothing else', () => {
  expect(outlineFor(published(first, second), 's1')).toEqual(['server-intent none up-to-date'])
})

test('S8: across a full payload whoever knew the state before gets what differs, deletions included', () => {
  const publication = published(first, second, { type: 'full', changes: [put('a', 2), put('c', 1)] })
  expect(outlineFor(publication, 's1')).toEqual([
    'server-intent xfer-changes stale',
    'put-object c',
    'payload-transferred s2',
  ])
  expect(outlineFor(publication, 's0')).toEqual([
    'server-intent xfer-changes stale',
    'put-object a',
    'delete-object b',
    'put-object c',
    'payload-transferred s2',
  ])
})

test('S8: a delta longer than everything is not sent: everything is', () => {
  const many = Array.from({ length: 100 }, (_, index) => put(`flag-${index}`, 1))
  const publication = published({ type: 'full', changes: many }, { type: 'full', changes: [put('a', 1)] })
  expect(outlineFor(publication, 's0')[0]).toBe('server-intent xfer-full cant-catchup')
})

test('S8: data that had no name for a while cannot be left or reached by a delta', () => {
  const publication = published(first)
  publication.accept({ changeSet: { type: 'full', changes: [put('x', 1)] }, selector: undefined })
  expect(outlineFor(publication, 's0')[0]).toBe('server-intent xfer-full cant-catchup')
  publication.accept({ changeSet: second, selector: { state: 's9', version: 9 } })
  expect(outlineFor(publication, 's0')[0]).toBe('server-intent xfer-full cant-catchup')
})

test('S8: steps that others took lead on from a basis only they knew', () => {
  const publication = published(first, second)
  const elder = { from: 'older', to: 's0', at: 0, touches: [{ kind: 'flag', key: 'b', version: 1 }] } as const
  expect(publication.answerFrom('older')).toBeUndefined()
  expect(outlinePoll(publication.answerFrom('older', [elder])?.poll() ?? Buffer.from(''))).toEqual([
    'server-intent xfer-changes stale',
    'delete-object b',
    'put-object a',
    'payload-transferred s1',
  ])
})

test('data without a selector is served whole, with nothing to resume from and no tag', () => {
  const publication = new Publication(options)
  publication.accept({ changeSet: first, selector: undefined })
  expect(outlineFor(publication).at(-1)).toBe('payload-transferred ')
  expect(publication.answer(undefined)?.etag).toBeUndefined()
})

test('everyone who needs the same full answer shares one encoding', () => {
  const publication = published(first)
  expect(publication.answer(undefined)?.stream()).toBe(publication.answer(undefined)?.stream())
  expect(publication.answer('x')?.poll()).toBe(publication.answer('y')?.poll())
  const moved = published(first, second)
  expect(moved.answer('s0')?.stream()).toBe(moved.answer('s0')?.stream())
})

test('S8: whatever its basis, a client ends with exactly what is published', () => {
  const change = fc
    .tuple(fc.constantFrom('a', 'constructor', '__proto__', ''), fc.nat(9), fc.boolean())
    .map(([key, version, gone]) => (gone ? remove(key, version) : put(key, version)))
  const changeSet = fc.record({
    type: fc.constantFrom('full' as const, 'partial' as const, 'partial' as const),
    changes: fc.array(change, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(changeSet, { minLength: 1, maxLength: 8 }), fc.nat(), (steps, seed) => {
      const start = seed % steps.length
      const held = apply(new Map(), published(...steps.slice(0, start + 1)))
      const publication = published(...steps)
      expect(apply(held, publication, `s${start}`)).toEqual(apply(new Map(), publication))
    }),
  )
})

function apply(
  held: ReadonlyMap<string, number>,
  publication: Publication,
  basis?: string,
): Map<string, number> {
  const result = new Map(held)
  for (const decoded of decodePollBody(publication.answer(basis)?.poll().toString() ?? '')) {
    if (decoded.type !== 'changeSet') throw new Error(`not a change set: ${JSON.stringify(decoded)}`)
    if (decoded.changeSet.type === 'none') continue
    if (decoded.changeSet.type === 'full') result.clear()
    for (const { op, key, version } of decoded.changeSet.changes) {
      if (op === 'put') result.set(key, version)
      else result.delete(key)
    }
  }
  return result
}
