import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppliedChangeSet, Change } from '../../src/model/change-set.ts'
import { decodePollBody } from '../../src/protocol/poll-body.ts'
import type { Encoding } from '../../src/server/answer.ts'
import { Publication } from '../../src/server/publication.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { outlinePoll, put, remove } from './raw-http.ts'

const options = {
  clock: new VirtualClock(),
  onStep: () => {},
  onDifference: () => {},
  onError: console.error,
}

function published(...changeSets: AppliedChangeSet[]): Publication {
  const publication = new Publication({ ...options, history: { maxSteps: 3 } })
  publish(publication, ...changeSets)
  return publication
}

function publish(publication: Publication, ...changeSets: AppliedChangeSet[]): void {
  for (const [index, changeSet] of changeSets.entries()) {
    publication.accept({ changeSet, selector: { state: `s${index}`, version: index } })
  }
}

function outlineFor(publication: Publication, basis?: string): string[] {
  return outlinePoll(publication.answer(basis)?.poll('whole') ?? Buffer.from('{"events":[]}'))
}

const first: AppliedChangeSet = { type: 'full', changes: [put('a', 1), put('b', 1)] }
const second: AppliedChangeSet = { type: 'partial', changes: [put('a', 2), remove('b', 2)] }

test('returns no answer before the first data', () => {
  expect(published().answer(undefined)).toBeUndefined()
})

test('answers with a full payload (payload-missing) without a basis', () => {
  expect(outlineFor(published(first, second))).toEqual([
    'server-intent xfer-full payload-missing',
    'put-object a',
    'payload-transferred s1',
  ])
})

test('treats an empty basis as no basis', () => {
  expect(outlineFor(published(first), '')[0]).toBe('server-intent xfer-full payload-missing')
})

test('S8.3: answers an unknown basis with a full payload (cant-catchup)', () => {
  expect(outlineFor(published(first), 'elsewhere')[0]).toBe('server-intent xfer-full cant-catchup')
})

test('S8.2: answers a known basis with the changes since then (stale)', () => {
  expect(outlineFor(published(first, second), 's0')).toEqual([
    'server-intent xfer-changes stale',
    'put-object a',
    'delete-object b',
    'payload-transferred s1',
  ])
})

test('S8.1: answers the current basis with only the intent none', () => {
  expect(outlineFor(published(first, second), 's1')).toEqual(['server-intent none up-to-date'])
})

test('S8: answers a basis before a full payload with the differences, including deletions', () => {
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

test('S8.3: sends the full payload if a delta would be longer', () => {
  const many = Array.from({ length: 100 }, (_, index) => put(`flag-${index}`, 1))
  const publication = published({ type: 'full', changes: many }, { type: 'full', changes: [put('a', 1)] })
  expect(outlineFor(publication, 's0')[0]).toBe('server-intent xfer-full cant-catchup')
})

test('S200.3: deltas lead from data with a selector to data without one, and back', () => {
  const publication = published(first)
  const changes = [put('a', 1), put('b', 1), put('c', 1)]
  publication.accept({ changeSet: { type: 'full', changes }, selector: undefined })
  expect(outlineFor(publication, 's0').slice(0, 2)).toEqual([
    'server-intent xfer-changes stale',
    'put-object c',
  ])
  publication.accept({ changeSet: second, selector: { state: 's9', version: 9 } })
  expect(outlineFor(publication, 's0')).toEqual([
    'server-intent xfer-changes stale',
    'put-object c',
    'put-object a',
    'delete-object b',
    'payload-transferred s9',
  ])
})

test('S8: answers a basis that only other servers know by means of their steps', () => {
  const publication = published(first, second)
  const elder = { from: 'older', to: 's0', at: 0, touches: [{ kind: 'flag', key: 'b', version: 1 }] } as const
  expect(publication.answerFrom('older')).toBeUndefined()
  expect(outlinePoll(publication.answerFrom('older', [elder])?.poll('whole') ?? Buffer.from(''))).toEqual([
    'server-intent xfer-changes stale',
    'delete-object b',
    'put-object a',
    'payload-transferred s1',
  ])
})

test('S200.2: names data without a selector by its content, in any order, on any server, and after a restart', () => {
  const nameOf = (...changes: readonly Change[]): string | undefined => {
    const publication = new Publication(options)
    publication.accept({ changeSet: { type: 'full', changes }, selector: undefined })
    return publication.target?.state
  }
  const name = nameOf(put('a', 1), put('b', 1))
  expect(name).toMatch(/^halyard-content:[0-9a-f]{20,32}$/)
  expect(nameOf(put('b', 1), put('a', 1))).toBe(name)
  const others = [nameOf(put('a', 2), put('b', 1)), nameOf(put('a', 1)), nameOf()]
  expect(new Set([name, ...others])).toHaveLength(4)
})

test('S200: gives equal content the same name, regardless of the changes that led to it', () => {
  const keys = fc.constantFrom('a', 'b', 'c')
  const change = fc.oneof(
    fc.record({ key: keys, version: fc.nat(3) }).map(({ key, version }) => put(key, version)),
    keys.map((key) => remove(key, 4)),
  )
  const changeSet = fc.record({
    type: fc.constantFrom('full' as const, 'partial' as const),
    changes: fc.array(change, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(changeSet, { minLength: 1, maxLength: 6 }), (changeSets) => {
      const publication = new Publication(options)
      const held = new Map<string, Change>()
      for (const { type, changes } of changeSets) {
        if (type === 'full') held.clear()
        for (const each of changes) {
          if (each.op === 'put') held.set(each.key, each)
          else held.delete(each.key)
        }
        publication.accept({ changeSet: { type, changes }, selector: undefined })
      }
      const fresh = new Publication(options)
      fresh.accept({ changeSet: { type: 'full', changes: [...held.values()] }, selector: undefined })
      expect(publication.target?.state).toBe(fresh.target?.state)
    }),
  )
})

test('S200: does not publish unchanged data without a selector again, and records a change as a step', () => {
  const onStep: unknown[] = []
  const publication = new Publication({ ...options, onStep: (step) => onStep.push(step) })
  const rings: string[] = []
  publication.subscribe(() => rings.push('ring'))
  publication.accept({ changeSet: first, selector: undefined })
  publication.accept({ changeSet: first, selector: undefined })
  expect(rings).toHaveLength(1)
  const before = publication.target?.state
  publication.accept({ changeSet: second, selector: undefined })
  expect(rings).toHaveLength(2)
  expect(onStep).toMatchObject([{ from: before, to: publication.target?.state }])
  expect(outlineFor(publication, before)[0]).toBe('server-intent xfer-changes stale')
})

test('shares one encoding of a full answer', () => {
  const publication = published(first)
  expect(publication.answer(undefined)?.stream('whole')).toBe(publication.answer(undefined)?.stream('whole'))
  expect(publication.answer('x')?.poll('whole')).toBe(publication.answer('y')?.poll('whole'))
  const moved = published(first, second)
  expect(moved.answer('s0')?.stream('whole')).toBe(moved.answer('s0')?.stream('whole'))
})

test('limits the number of cached answers', () => {
  const publication = new Publication(options)
  for (let version = 0; version < 100; version++)
    publication.accept({
      changeSet: { type: version === 0 ? 'full' : 'partial', changes: [put('a', version)] },
      selector: { state: `s${version}`, version },
    })
  const kept = Array.from({ length: 99 }, (_, index) => publication.answer(`s${index}`)).filter(
    (answer, index) => publication.answer(`s${index}`) === answer,
  )
  expect(kept).toHaveLength(64)
})

test('(D19) sends a patch if it is shorter, and merges several steps into one patch', () => {
  const flag = (version: number, on: boolean): Change => ({
    op: 'put',
    kind: 'flag',
    key: 'a',
    version,
    object: {
      key: 'a',
      version,
      on,
      variations: Array.from({ length: 100 }, (_, index) => `value ${index}`),
    },
  })
  const publication = published()
  publication.keepPatches()
  publish(
    publication,
    { type: 'full', changes: [flag(1, true), put('small', 1)] },
    { type: 'partial', changes: [flag(2, false), put('small', 2)] },
    { type: 'partial', changes: [flag(3, true)] },
    { type: 'partial', changes: [put('new', 1)] },
  )
  const answer = publication.answer('s0')
  expect(outlinePoll(answer?.poll('patched') ?? Buffer.from(''))).toEqual([
    'server-intent xfer-changes stale',
    'patch-object a',
    'put-object small',
    'put-object new',
    'payload-transferred s3',
  ])
  expect(outlinePoll(answer?.poll('whole') ?? Buffer.from(''))[1]).toBe('put-object a')
  const held = published({ type: 'full', changes: [flag(1, true), put('small', 1)] })
  expect(held.answer('s0')?.stream('patched')).toBe(held.answer('s0')?.stream('whole'))
  // An item that was deleted in between cannot be patched.
  publication.accept({
    changeSet: { type: 'partial', changes: [remove('a', 4)] },
    selector: { state: 's4', version: 4 },
  })
  publication.accept({
    changeSet: { type: 'partial', changes: [flag(5, true)] },
    selector: { state: 's5', version: 5 },
  })
  expect(outlinePoll(publication.answer('s3')?.poll('patched') ?? Buffer.from(''))).toContain('put-object a')
})

test.each(['whole', 'patched'] as const)(
  '(S8, D19) a client that accepts %s objects ends with exactly the published data, from any basis',
  (words) => {
    const change = fc
      .tuple(fc.constantFrom('a', 'constructor', '__proto__', ''), fc.nat(9), fc.nat(3))
      .map(([key, version, list]): Change => (list === 0 ? remove(key, version) : long(key, version, list)))
    const changeSet = fc.record({
      type: fc.constantFrom('full' as const, 'partial' as const, 'partial' as const),
      changes: fc.array(change, { maxLength: 4 }),
    })
    fc.assert(
      fc.property(fc.array(changeSet, { minLength: 1, maxLength: 8 }), fc.nat(), (steps, seed) => {
        const start = seed % steps.length
        const held = apply(new Map(), published(...steps.slice(0, start + 1)), words)
        const publication = published(...steps)
        expect(apply(held, publication, words, `s${start}`)).toEqual(apply(new Map(), publication, words))
      }),
    )
  },
)

/** The full payload contains an item and its deletion, whose version is earlier than that of a deletion which the SDK received. */
const PUT_AND_DELETED: readonly {
  readonly type: 'full' | 'partial'
  readonly changes: Change[]
  readonly asks: boolean
}[] = [
  { type: 'full', changes: [], asks: true },
  { type: 'partial', changes: [remove('b', 1)], asks: false },
  { type: 'full', changes: [long('b', 2, 1), remove('b', 0)], asks: true },
  { type: 'full', changes: [long('b', 1, 1)], asks: true },
]

test('(S8) an SDK that ignores versions that are not greater ends with exactly the published data, whenever it polls', () => {
  const change = fc
    .tuple(fc.constantFrom('a', 'b', '__proto__'), fc.nat(4), fc.nat(2))
    .map(([key, version, list]): Change => (list === 0 ? remove(key, version) : long(key, version, list)))
  const step = fc.record({
    type: fc.constantFrom('full' as const, 'partial' as const, 'partial' as const),
    changes: fc.array(change, { maxLength: 3 }),
    asks: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 10 }), (steps) => {
      const publication = new Publication(options)
      const held = new Map<string, Change>()
      let basis = ''
      for (const [index, { asks, ...changeSet }] of steps.entries()) {
        publication.accept({ changeSet, selector: { state: `s${index}`, version: index } })
        if (!asks) continue
        takeAsLaunchDarkly(held, publication.answer(basis)?.poll('whole').toString() ?? '')
        basis = `s${index}`
        const present = Array.from(held.values()).filter((each) => each.op === 'put')
        expect(new Map(present.map(({ key, object }) => [key, object]))).toEqual(
          apply(new Map(), publication, 'whole'),
        )
      }
    }),
    { numRuns: 500, examples: [[PUT_AND_DELETED]] },
  )
})

/** Applies a delta like the stores of LaunchDarkly's SDKs: only changes and deletions with a greater version. */
function takeAsLaunchDarkly(held: Map<string, Change>, body: string): void {
  for (const decoded of decodePollBody(body)) {
    if (decoded.type !== 'changeSet') throw new Error(`not a change set: ${JSON.stringify(decoded)}`)
    const { changeSet } = decoded
    if (changeSet.type === 'none') continue
    if (changeSet.type === 'full') held.clear()
    for (const each of changeSet.changes) {
      const known = held.get(each.key)
      if (changeSet.type === 'full' || !known || known.version < each.version) held.set(each.key, each)
    }
  }
}

/** A flag long enough that a patch of it is shorter. */
function long(key: string, version: number, list: number): Change {
  const variations = Array.from({ length: 10 * list }, (_, index) => `variation ${index} of a flag`)
  return { op: 'put', kind: 'flag', key, version, object: { key, version, variations } }
}

function apply(
  held: ReadonlyMap<string, object>,
  publication: Publication,
  words: Encoding,
  basis?: string,
): Map<string, object> {
  const result = new Map(held)
  const body = publication.answer(basis)?.poll(words).toString() ?? ''
  for (const decoded of decodePollBody(body, (_, key) => held.get(key))) {
    if (decoded.type !== 'changeSet') throw new Error(`not a change set: ${JSON.stringify(decoded)}`)
    if (decoded.changeSet.type === 'none') continue
    if (decoded.changeSet.type === 'full') result.clear()
    for (const each of decoded.changeSet.changes) {
      if (each.op === 'put') result.set(each.key, each.object)
      else result.delete(each.key)
    }
  }
  return result
}
