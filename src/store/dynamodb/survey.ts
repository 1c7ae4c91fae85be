import type { Kind } from '../../model/change-set.ts'
import type { VersionedRow } from '../../model/persistent-store.ts'
import { toRow } from './items.ts'
import type { Names } from './names.ts'
import type { Table } from './table.ts'

/** What it takes to make a partition hold just some rows. */
export interface Survey {
  /** Rows that are not there yet, or another text or version is. In the order they were given in. */
  readonly missing: readonly VersionedRow[]
  /** Keys nobody asked for. */
  readonly leftover: readonly string[]
}

export interface Surveying {
  readonly table: Table
  readonly names: Names
  readonly kind: Kind
  /** What is to be there. */
  readonly rows: readonly VersionedRow[]
  /** Keys to leave alone, whatever is there. */
  readonly untouched: ReadonlySet<string>
  readonly signal: AbortSignal
}

/**
 * Reads a partition and compares. Reading keys alone would cost just as much: DynamoDB counts what it reads, not what it
 * returns.
 */
export async function survey({ table, names, kind, rows, untouched, signal }: Surveying): Promise<Survey> {
  const missing = new Map(rows.map((row) => [row.key, row]))
  const wanted = new Set(missing.keys())
  const leftover: string[] = []
  for await (const page of table.pages(names.partition(kind), 'strong', signal)) {
    for (const item of page) {
      const { key, text, version } = toRow(kind, item)
      const row = missing.get(key)
      if (row && row.text === text && row.version === version) missing.delete(key)
      if (!wanted.has(key) && !untouched.has(key)) leftover.push(key)
    }
  }
  return { missing: [...missing.values()], leftover }
}
