import type { Change } from '../model/change-set.ts'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { RowName, VersionedRow } from '../model/persistent-store.ts'

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
