import type { RowName } from '../model/persistent-store.ts'
import { decodeRow } from './row.ts'

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
