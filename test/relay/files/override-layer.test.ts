import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseFlagFile } from '../../../src/flag-file/parse.ts'
import type { Applied, AppliedChangeSet, Change } from '../../../src/model/change-set.ts'
import { FileItems } from '../../../src/relay/files/file-items.ts'
import { OverrideLayer } from '../../../src/relay/files/override-layer.ts'
import { MemoryStore } from '../../../src/store/memory-store.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { constant } from '../../support/stored.ts'

type Values = Readonly<Record<string, number>>

type Action =
  | { readonly type: 'override'; readonly values: Values }
  | { readonly type: 'put' | 'delete'; readonly key: string; readonly value: number }
  | { readonly type: 'full'; readonly values: Values }
  | { readonly type: 'wait' }

const key = fc.constantFrom('a', 'b', 'c')
const values = fc.dictionary(key, fc.nat(3))
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant('override' as const), values }),
  fc.record({ type: fc.constantFrom('put' as const, 'delete' as const), key, value: fc.nat(3) }),
  fc.record({ type: fc.constant('full' as const), values }),
  fc.record({ type: fc.constant('wait' as const) }),
)

/** A client that ignores a change in a delta whose version is not later, as official SDKs do. */
class StrictClient {
  readonly held = new Map<string, Change>()

  accept({ changeSet: { type, changes } }: Applied): void {
    if (type === 'full') this.held.clear()
    for (const change of changes) {
      const before = this.held.get(change.key)
      if (before && before.version >= change.version) continue
      this.held.set(change.key, change)
    }
  }

  get values(): unknown {
    const puts = [...this.held.values()].filter((change) => change.op === 'put')
    return Object.fromEntries(puts.map((change) => [change.key, variationOf(change)]))
  }
}

function variationOf({ object }: { readonly object: object }): unknown {
  return (object as { readonly variations: readonly unknown[] }).variations[0]
}

it('(FS7.7) a client that ignores versions which do not grow holds the merged data after any changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      const clock = new VirtualClock(1_800_000_000_000)
      const store = new MemoryStore()
      const files = new FileItems(clock)
      const client = new StrictClient()
      const states = new Map<string, string>()
      let selector: Applied['selector']
      const target = {
        accept: (applied: Applied): void => {
          client.accept(applied)
          selector = applied.selector
        },
      }
      const layer = new OverrideLayer({ clock, base: () => store.snapshot(), target })
      let version = 1
      let overriding: Values = {}
      const below = (type: AppliedChangeSet['type'], changes: readonly Change[]): void =>
        layer.accept(store.apply({ type, changes, selector: { state: `live-${version}`, version } }))
      const override = async (next: Values): Promise<void> => {
        overriding = next
        const revision = await files.next(
          parseFlagFile(JSON.stringify({ flagValues: next }), 'f.json'),
          layer.held,
        )
        files.commit(revision)
        layer.override(revision)
      }
      const putOf = (name: string, value: number): Change => ({
        op: 'put',
        kind: 'flag',
        key: name,
        version,
        object: constant(name, version, value),
      })
      below('full', [])
      await override({})
      for (const each of actions) {
        version++
        if (each.type === 'override') await override(each.values)
        else if (each.type === 'put') below('partial', [putOf(each.key, each.value)])
        else if (each.type === 'delete')
          below('partial', [{ op: 'delete', kind: 'flag', key: each.key, version }])
        else if (each.type === 'full')
          below(
            'full',
            Object.entries(each.values).map(([name, value]) => putOf(name, value)),
          )
        else await clock.advance(1_000)
        const base = Object.fromEntries(
          [...store.all('flag')].map(([name, item]) => [name, variationOf(item)]),
        )
        const merged: Readonly<Record<string, unknown>> = { ...base, ...overriding }
        expect(client.values).toEqual(merged)
        const served = layer.over(store.snapshot())
        expect(
          Object.fromEntries([...(served?.flags ?? [])].map(([name, item]) => [name, variationOf(item)])),
        ).toEqual(merged)
        // FDv1 clients receive the versions of the snapshot, and FDv2 clients those of the changes.
        for (const [name, item] of served?.flags ?? [])
          expect(item.version).toBe(client.held.get(name)?.version)
        if (!selector) continue
        const text = JSON.stringify(['a', 'b', 'c'].map((name) => merged[name]))
        expect(states.get(selector.state) ?? text).toBe(text)
        states.set(selector.state, text)
        expect(served?.selector?.state).toBe(selector.state)
      }
    }),
  )
})
