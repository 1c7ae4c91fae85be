import {
  type AppliedChangeSet,
  type ChangedKeys,
  type Item,
  type ItemKind,
  KINDS,
} from '../model/change-set.ts'
import { isEqual } from '../model/json.ts'
import type { ItemReader } from './dependents.ts'

/** Which keys a change set would change, by value: equal versions prove nothing (D24). Call before applying. */
export function changedKeys(store: ItemReader, changeSet: AppliedChangeSet): ChangedKeys {
  const after: Record<ItemKind, Map<string, Item | undefined>> = { flag: new Map(), segment: new Map() }
  if (changeSet.type === 'full') {
    for (const kind of KINDS) for (const key of store.all(kind).keys()) after[kind].set(key, undefined)
  }
  for (const change of changeSet.changes) {
    after[change.kind].set(change.key, change.op === 'put' ? change : undefined)
  }
  return { flags: differing(store, 'flag', after.flag), segments: differing(store, 'segment', after.segment) }
}

function differing(
  store: ItemReader,
  kind: ItemKind,
  after: ReadonlyMap<string, Item | undefined>,
): Set<string> {
  const changed = new Set<string>()
  for (const [key, item] of after) if (!sameValue(store.get(kind, key), item)) changed.add(key)
  return changed
}

function sameValue(a: Item | undefined, b: Item | undefined): boolean {
  if (!a || !b) return a === b
  // The version is a member like any other, and usually the one that differs.
  return a.object.version === b.object.version && isEqual(a.object, b.object)
}
