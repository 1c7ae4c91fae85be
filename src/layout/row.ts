import type { Item } from '../model/change-set.ts'
import { isJsonObject, type JsonObject, tryParse } from '../model/json.ts'
import type { Kind } from '../model/kind.ts'
import { canBeTooDeep, isTooDeep, TOO_DEEP } from '../model/nesting.ts'
import type { Row, VersionedRow } from '../model/persistent-store.ts'

/** What a row turned out to be. */
export type Decoded =
  | { readonly type: 'item'; readonly item: Item }
  | { readonly type: 'tombstone'; readonly version: number }
  | { readonly type: 'unreadable'; readonly reason: string }

/** The object says its key and version itself, as readers of other software expect. */
export function encodeItem(kind: Kind, { key, version, object }: Item): VersionedRow {
  const complete = object.version === version && object.key !== undefined
  return { kind, key, version, text: JSON.stringify(complete ? object : { key, ...object, version }) }
}

/** The one shape of a deleted item that nearly every reader understands (D17). */
export function encodeTombstone(kind: Kind, key: string, version: number): VersionedRow {
  return { kind, key, version, text: JSON.stringify({ key: '$deleted', version, deleted: true }) }
}

/**
 * Reads what any SDK may have written. `deleted` is looked at before anything else, the key inside counts for
 * nothing, and `null` beside a version is a tombstone (D17).
 */
export function decodeRow({ key, text, version }: Row): Decoded {
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
