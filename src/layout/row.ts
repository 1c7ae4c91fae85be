import type { Change, Item, ItemKind } from '../model/change-set.ts'
import { isJsonObject, type JsonObject, tryParse } from '../model/json.ts'
import { canBeTooDeep, isTooDeep, TOO_DEEP } from '../model/nesting.ts'
import type { Row, RowName, VersionedRow } from '../model/persistent-store.ts'

/** What a row turned out to be. */
export type DecodedRow =
  | { readonly type: 'item'; readonly item: Item }
  | { readonly type: 'tombstone'; readonly version: number }
  | { readonly type: 'unreadable'; readonly reason: string }

/** The object says its key and version itself, as readers of other software expect. */
export function encodeItem(kind: ItemKind, { key, version, object }: Item): VersionedRow {
  const complete = object.version === version && object.key !== undefined
  return { kind, key, version, text: JSON.stringify(complete ? object : { key, ...object, version }) }
}

/** The one shape of a deleted item that nearly every reader understands (D17). */
export function encodeTombstone(kind: ItemKind, key: string, version: number): VersionedRow {
  return { kind, key, version, text: JSON.stringify({ key: '$deleted', version, deleted: true }) }
}

/**
 * Reads what any SDK may have written. `deleted` is looked at before anything else, the key inside counts for
 * nothing, and `null` beside a version is a tombstone (D17).
 */
export function decodeRow({ key, text, version }: Row): DecodedRow {
  const value = tryParse(text)
  if (value === null && version !== undefined) return { type: 'tombstone', version }
  if (!isJsonObject(value)) return { type: 'unreadable', reason: reasonOf(value) }
  if (canBeTooDeep(text) && isTooDeep(value)) return { type: 'unreadable', reason: TOO_DEEP }
  const own = versionOf(value) ?? version
  if (value.deleted === true) return { type: 'tombstone', version: own ?? 0 }
  if (own === undefined) return { type: 'unreadable', reason: 'it has no version' }
  return { type: 'item', item: { key, version: own, object: value } }
}

function versionOf({ version }: JsonObject): number | undefined {
  return typeof version === 'number' && Number.isFinite(version) ? version : undefined
}

function reasonOf(value: unknown): string {
  return value === undefined ? 'it is not JSON' : 'it is not an object'
}

/** What each kind is called in a database. */
export const NAMESPACES: Readonly<Record<ItemKind, string>> = { flag: 'features', segment: 'segments' }

/** The prefix where none is given, except in DynamoDB, which has none then. */
export const DEFAULT_PREFIX = 'launchdarkly'

/** The name of the row that says a full write was finished. Only its existence counts. */
export const MARKER = '$inited'

/** Part of the name of everything Halyard keeps beside the rows; no other software looks there. */
export const SIDECAR = '$halyard'

/** The version inside a text, for databases that keep none beside it. Of what nobody can read every version is newer. */
export function versionIn({ kind, key }: RowName, text: string): number {
  const decoded = decodeRow({ kind, key, text })
  switch (decoded.type) {
    case 'item':
      return decoded.item.version
    case 'tombstone':
      return decoded.version
    case 'unreadable':
      return -Infinity
    default:
      return decoded satisfies never
  }
}

/**
 * The order in which rows are written where they cannot all be written at once: segments first, and a flag after its
 * prerequisites, so that whoever reads meanwhile finds what a flag refers to.
 */
export function inWriteOrder(rows: readonly VersionedRow[]): VersionedRow[] {
  // Most flags have none, and reading them all would cost more than writing them.
  return ordered(rows, ({ text }) =>
    text.includes('"prerequisites":[{') ? prerequisitesOf(tryParse(text)) : [],
  )
}

/** The same order, of changes whose rows are still to be made. */
export function changesInWriteOrder(changes: readonly Change[]): Change[] {
  return ordered(changes, (change) => (change.op === 'put' ? prerequisitesOf(change.object) : []))
}

function ordered<T extends RowName>(items: readonly T[], prerequisites: (flag: T) => string[]): T[] {
  const flags = new Map(items.filter(({ kind }) => kind === 'flag').map((item) => [item.key, item]))
  const done = new Set<T>(items.filter(({ kind }) => kind === 'segment'))
  const entered = new Set<string>()
  for (const key of flags.keys()) {
    // With a stack of our own: a chain of prerequisites may be longer than the platform's.
    const pending = [key]
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const flag = flags.get(top)
      const open = flag && !entered.has(top) ? prerequisites(flag).filter((next) => !entered.has(next)) : []
      entered.add(top)
      if (open.length > 0) pending.push(...open)
      else {
        if (flag) done.add(flag)
        pending.pop()
      }
    }
  }
  return [...done]
}

function prerequisitesOf(object: unknown): string[] {
  const list = isJsonObject(object) && Array.isArray(object.prerequisites) ? object.prerequisites : []
  return list.flatMap((entry: unknown) =>
    isJsonObject(entry) && typeof entry.key === 'string' ? [entry.key] : [],
  )
}
