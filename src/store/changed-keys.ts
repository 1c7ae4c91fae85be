import {
  type AppliedChangeSet,
  type ChangedKeys,
  type Item,
  type ItemKind,
  KINDS,
} from '../model/change-set.ts'
import { isEqual } from '../model/json.ts'
import type { ItemReader } from './dependents.ts'

/** Returns the keys whose items a change set will change. Compares values, not versions (D24). Call before applying it. */
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
  // The version is compared first, because it usually differs.
  return a.object.version === b.object.version && isEqual(a.object, b.object)
}
