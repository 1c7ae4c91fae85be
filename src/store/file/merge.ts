import type { Clock } from '../../async/clock.ts'
import { versionIn } from '../../layout/row.ts'
import type { StoreWrite } from '../../model/persistent-store.ts'
import { paced } from './pace.ts'
import { NOTHING, type Rows } from './saved.ts'

export interface Merged {
  readonly rows: Rows
  /** How many rows of the write changed nothing, because the same or a later version was there. */
  readonly older: number
}

/** What is there after a write: everything it brought, or of each key the strictly newer (D11). */
export async function merge(held: Rows, { type, rows: written }: StoreWrite, clock: Clock): Promise<Merged> {
  const before = type === 'full' ? NOTHING.rows : held
  const rows = { flag: new Map(before.flag), segment: new Map(before.segment) }
  let older = 0
  for await (const row of paced(written, clock)) {
    const there = type === 'full' ? undefined : rows[row.kind].get(row.key)
    if (there === undefined || row.version > versionIn(row, there.toString())) {
      rows[row.kind].set(row.key, Buffer.from(row.text))
    } else {
      older++
    }
  }
  return { rows, older }
}
