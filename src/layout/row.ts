import type { Change, Item, ItemKind } from '../model/change-set.ts'
import { isJsonObject, type JsonObject, tryParse } from '../model/json.ts'
import { canBeTooDeep, isTooDeep, TOO_DEEP } from '../model/nesting.ts'
import type { Row, RowName, VersionedRow } from '../model/persistent-store.ts'

export type DecodedRow =
  | { readonly type: 'item'; readonly item: Item }
  | { readonly type: 'tombstone'; readonly version: number }
  | { readonly type: 'unreadable'; readonly reason: string }

/** Encodes an item. The text always contains the key and the version, as other software expects. */
export function encodeItem(kind: ItemKind, { key, version, object }: Item): VersionedRow {
  const isComplete = object.version === version && object.key !== undefined
  return { kind, key, version, text: JSON.stringify(isComplete ? object : { key, ...object, version }) }
}

/** Encodes a tombstone in the format that nearly all SDKs understand (D17). */
export function encodeTombstone(kind: ItemKind, key: string, version: number): VersionedRow {
  return { kind, key, version, text: JSON.stringify({ key: '$deleted', version, deleted: true }) }
}

/**
 * Decodes a row of any SDK. `deleted` is checked first, the key inside of the text is ignored, and `null` with a version
 * beside it is a tombstone (D17).
 */
export function decodeRow({ key, text, version }: Row): DecodedRow {
  const value = tryParse(text)
  if (value === null && version !== undefined) return { type: 'tombstone', version }
  if (!isJsonObject(value)) return { type: 'unreadable', reason: reasonOf(value) }
  if (canBeTooDeep(text) && isTooDeep(value)) return { type: 'unreadable', reason: TOO_DEEP }
  const ownVersion = versionMemberOf(value) ?? version
  if (value.deleted === true) return { type: 'tombstone', version: ownVersion ?? 0 }
  if (ownVersion === undefined) return { type: 'unreadable', reason: 'it has no version' }
  return { type: 'item', item: { key, version: ownVersion, object: value } }
}

function versionMemberOf({ version }: JsonObject): number | undefined {
  return typeof version === 'number' && Number.isFinite(version) ? version : undefined
}

function reasonOf(value: unknown): string {
  return value === undefined ? 'it is not JSON' : 'it is not an object'
}

export const NAMESPACES: Readonly<Record<ItemKind, string>> = { flag: 'features', segment: 'segments' }

/** The default prefix, except in DynamoDB, whose default is no prefix. */
export const DEFAULT_PREFIX = 'launchdarkly'

/** The name of the row that exists after the first complete full write. Its content is ignored. */
export const MARKER = '$inited'

/** Part of the names of Halyard's own entries, which other software does not read. */
export const SIDECAR = '$halyard'

/** Returns the version inside of a text; -Infinity if the text is unreadable, so that every version replaces it. */
export function versionIn({ kind, key }: RowName, text: string): number {
  return versionOf(decodeRow({ kind, key, text })) ?? -Infinity
}

export function versionOf(decoded: DecodedRow): number | undefined {
  switch (decoded.type) {
    case 'item':
      return decoded.item.version
    case 'tombstone':
      return decoded.version
    case 'unreadable':
      return undefined
    default:
      return decoded satisfies never
  }
}

/**
 * Sorts rows for writes that are not atomic: segments first, and each flag after its prerequisites, so that a
 * concurrent reader finds every item that a flag refers to.
 */
export function inWriteOrder(rows: readonly VersionedRow[]): VersionedRow[] {
  // Most flags have no prerequisites, and parsing them all would cost more than writing them.
  return ordered(rows, ({ text }) =>
    text.includes('"prerequisites":[{') ? prerequisitesOf(tryParse(text)) : [],
  )
}

export function changesInWriteOrder(changes: readonly Change[]): Change[] {
  return ordered(changes, (change) => (change.op === 'put' ? prerequisitesOf(change.object) : []))
}

function ordered<T extends RowName>(items: readonly T[], prerequisites: (flag: T) => string[]): T[] {
  const flags = new Map(items.filter(({ kind }) => kind === 'flag').map((item) => [item.key, item]))
  const done = new Set<T>(items.filter(({ kind }) => kind === 'segment'))
  const entered = new Set<string>()
  for (const key of flags.keys()) {
    // With an explicit stack, because a chain of prerequisites may be longer than the call stack.
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
