import { isJsonObject, tryParse } from '../model/json.ts'
import type { VersionedRow } from '../model/persistent-store.ts'

/**
 * The order in which rows are written where they cannot all be written at once: segments first, and a flag after its
 * prerequisites, so that whoever reads meanwhile finds what a flag refers to.
 */
export function inWriteOrder(rows: readonly VersionedRow[]): VersionedRow[] {
  const flags = new Map(rows.filter(({ kind }) => kind === 'flag').map((row) => [row.key, row]))
  const ordered = new Set<VersionedRow>(rows.filter(({ kind }) => kind === 'segment'))
  const entered = new Set<string>()
  for (const key of flags.keys()) {
    // With a stack of our own: a chain of prerequisites may be longer than the platform's.
    const pending = [key]
    for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
      const row = flags.get(top)
      const open = row && !entered.has(top) ? prerequisitesOf(row).filter((next) => !entered.has(next)) : []
      entered.add(top)
      if (open.length > 0) pending.push(...open)
      else {
        if (row) ordered.add(row)
        pending.pop()
      }
    }
  }
  return [...ordered]
}

function prerequisitesOf({ text }: VersionedRow): string[] {
  // Most flags have none, and reading them all would cost more than writing them.
  if (!text.includes('"prerequisites"')) return []
  const value = tryParse(text)
  const list = isJsonObject(value) && Array.isArray(value.prerequisites) ? value.prerequisites : []
  return list.flatMap((entry: unknown) => (isJsonObject(entry) ? [String(entry.key)] : []))
}
