import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AppliedChangeSet, type Change, KINDS } from '../../src/model/change-set.ts'
import type { Selector } from '../../src/selector/selector.ts'
import { changedKeys } from '../../src/store/changed-keys.ts'
import { Dependents } from '../../src/store/dependents.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', '')
const uses = fc.record({
  prerequisites: fc.array(fc.record({ key, variation: fc.constant(0) }), { maxLength: 2 }),
  rules: fc.array(
    fc.record({
      clauses: fc.array(
        fc.record({ op: fc.constantFrom('in', 'segmentMatch'), values: fc.array(key, { maxLength: 2 }) }),
      ),
    }),
    { maxLength: 2 },
  ),
})
const change: fc.Arbitrary<Change> = fc.oneof(
  fc
    .record({
      kind: fc.constantFrom(...KINDS),
      key,
      version: fc.nat({ max: 2 }),
      body: uses.map((value) => structuredClone(value)),
    })
    .map(({ body, ...item }) => ({
      op: 'put' as const,
      ...item,
      object: { version: item.version, ...body },
    })),
  fc.record({ op: fc.constant('delete' as const), kind: fc.constantFrom(...KINDS), key, version: fc.nat() }),
)
const selector: fc.Arbitrary<Selector> = fc.record({
  state: fc.string({ minLength: 1, maxLength: 2 }),
  version: fc.nat(),
})
const changeSet: fc.Arbitrary<AppliedChangeSet> = fc
  .record({
    type: fc.constantFrom('full' as const, 'partial' as const),
    changes: fc.array(change, { maxLength: 6 }),
    selector: fc.option(selector, { nil: undefined }),
  })
  .map(({ selector: moved, ...rest }) => (moved ? { ...rest, selector: moved } : rest))

/** The plainest thing that could be right: a list of facts, replayed from the start. */
function replay(changeSets: readonly AppliedChangeSet[]): {
  items: Map<string, unknown>
  selector: Selector | undefined
} {
  let items = new Map<string, unknown>()
  let moved: Selector | undefined
  for (const { type, changes, selector: next } of changeSets) {
    if (type === 'full') items = new Map()
    for (const item of changes) {
      const id = `${item.kind}/${item.key}`
      items.delete(id)
      if (item.op === 'put') items.set(id, item.object)
    }
    moved = type === 'full' || moved ? next : undefined
  }
  return { items, selector: moved }
}

function contents(store: MemoryStore): Map<string, unknown> {
  return new Map(
    KINDS.flatMap((kind) =>
      [...store.all(kind)].map(([name, { object }]) => [`${kind}/${name}`, object] as const),
    ),
  )
}

it('(D11, D12) any sequence of change sets gives the same store as a plain model', () => {
  fc.assert(
    fc.property(fc.array(changeSet, { maxLength: 10 }), (changeSets) => {
      const store = new MemoryStore()
      for (const [index, next] of changeSets.entries()) {
        store.apply(next)
        const model = replay(changeSets.slice(0, index + 1))
        expect(contents(store)).toEqual(model.items)
        expect(store.selector).toEqual(model.selector)
      }
    }),
    { numRuns: 300 },
  )
})

it('a snapshot never changes, and is the same object until something does', () => {
  fc.assert(
    fc.property(changeSet, changeSet, (first, second) => {
      const store = new MemoryStore()
      store.apply(first)
      const snapshot = store.snapshot()
      const before = [new Map(snapshot.flags), new Map(snapshot.segments), snapshot.selector]
      expect(store.snapshot()).toBe(snapshot)
      store.apply(second)
      expect([snapshot.flags, snapshot.segments, snapshot.selector]).toEqual(before)
    }),
  )
})

it('(D24) the keys said to change are exactly those whose value differs', () => {
  fc.assert(
    fc.property(changeSet, changeSet, (first, second) => {
      const store = new MemoryStore()
      store.apply(first)
      const before = contents(store)
      const { flags, segments } = changedKeys(store, second)
      store.apply(second)
      const after = contents(store)
      const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
        (id) => JSON.stringify(before.get(id)) !== JSON.stringify(after.get(id)),
      )
      expect(
        [
          ...[...flags].map((name) => `flag/${name}`),
          ...[...segments].map((name) => `segment/${name}`),
        ].sort(),
      ).toEqual(differing.sort())
    }),
    { numRuns: 500 },
  )
})

it('(D24) dependents kept in step are the same as dependents built afresh', () => {
  fc.assert(
    fc.property(fc.array(changeSet, { minLength: 1, maxLength: 8 }), key, (changeSets, asked) => {
      const store = new MemoryStore()
      const kept = new Dependents(store)
      for (const next of changeSets) {
        const changed = changedKeys(store, next)
        store.apply(next)
        kept.update(changed, store)
      }
      const fresh = new Dependents(store)
      const question = { flags: new Set([asked]), segments: new Set([asked]) }
      expect(kept.expand(question)).toEqual(fresh.expand(question))
    }),
    { numRuns: 300 },
  )
})
