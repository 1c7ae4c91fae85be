import type { StoreChange } from '../model/change-feed.ts'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { RowName } from '../model/persistent-store.ts'

/** Beyond this many keys it costs less to read everything anew than to name them. */
const MOST_KEYS = 200

/** Says which rows were written, for readers that listen. */
export function writeNotice(rows: readonly RowName[]): string {
  const keys = (kind: RowName['kind']): string[] =>
    rows.filter((row) => row.kind === kind).map(({ key }) => key)
  const change: StoreChange =
    rows.length > MOST_KEYS
      ? { type: 'replaced' }
      : { type: 'changed', flags: keys('flag'), segments: keys('segment') }
  return JSON.stringify(change)
}

export const REPLACED: string = JSON.stringify({ type: 'replaced' } satisfies StoreChange)

/** What is not understood may mean anything. */
export function readNotice(text: string): StoreChange {
  const value = tryParse(text)
  if (isJsonObject(value) && value.type === 'changed' && isKeys(value.flags) && isKeys(value.segments)) {
    return { type: 'changed', flags: value.flags, segments: value.segments }
  }
  return { type: 'replaced' }
}

function isKeys(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((key) => typeof key === 'string')
}
