import type { RefusedRow, VersionedRow } from '../../model/persistent-store.ts'
import { inParallel, portions } from '../batching.ts'
import { fitsUrl } from './options.ts'
import type { KeySpace } from './reads.ts'
import { MOST_BYTES, MOST_OPERATIONS, roomFor, type TooLarge } from './transactions.ts'

/** A row and where it goes. */
export interface PlannedRow {
  readonly row: VersionedRow
  readonly key: string
  /** In the body of a transaction, bytes. */
  readonly room: number
}

/** Which rows can go into transactions, which are too big for that but not for Consul, and which go nowhere. */
export interface RowPlan {
  readonly together: readonly PlannedRow[]
  readonly alone: readonly PlannedRow[]
  readonly refused: readonly RefusedRow[]
}

/** What accompanies rows in one transaction: a guard, the marker and the sidecar, or room for what cannot be foreseen. */
const SPARE_BYTES: number = 16 * 1024

export function planRows(rows: readonly VersionedRow[], keys: KeySpace): RowPlan {
  const planned = rows.map((row) => {
    const key = keys.row(row)
    return { row, key, room: roomFor(key, row.text) }
  })
  const refused = planned.flatMap(({ row, key, room }) => {
    const reason = reasonToRefuse(row, key, room)
    return reason === undefined ? [] : [{ kind: row.kind, key: row.key, reason }]
  })
  const names = new Set(refused.map((row) => keys.row(row)))
  const taken = planned.filter(({ key }) => !names.has(key))
  return { together: taken.filter(fitsTogether), alone: taken.filter((row) => !fitsTogether(row)), refused }
}

function fitsTogether({ room }: { readonly room: number }): boolean {
  return room <= MOST_BYTES - SPARE_BYTES
}

function reasonToRefuse({ key, text }: VersionedRow, path: string, room: number): string | undefined {
  if (!key.isWellFormed()) return 'its key is not Unicode'
  const bytes = Buffer.byteLength(text)
  if (bytes > MOST_BYTES) return `it has ${bytes} bytes, and Consul takes ${MOST_BYTES}`
  if (!fitsTogether({ room }) && !fitsUrl(path)) {
    return `it has ${bytes} bytes, and under a key that no URL can hold Consul takes three quarters of ${MOST_BYTES}`
  }
  return undefined
}

/** Something that takes room in the body of a transaction. */
interface Sized {
  readonly room: number
}

/** What goes into one transaction beside a guard, the marker and the sidecar. */
const LIMITS = {
  most: MOST_OPERATIONS - 3,
  mostSize: MOST_BYTES - SPARE_BYTES,
  sizeOf: ({ room }: Sized): number => room,
}

/** As many as go into one transaction, in the order given. */
function batches<T extends Sized>(items: readonly T[]): Iterable<readonly T[]> {
  return portions<T>(items, LIMITS)
}

/** Whether all this goes into one transaction. */
export function fitsOne(items: readonly Sized[]): boolean {
  const room = items.reduce((sum, item) => sum + item.room, 0)
  return items.length <= LIMITS.most && room <= LIMITS.mostSize
}

/** How many transactions are under way at once. */
const WIDTH = 4

/** An item that is too large by itself. */
export interface Refusal<T> {
  readonly item: T
  readonly reason: string
}

/** Commits items in as many transactions as it takes, begun in their order. Gives those that no transaction takes. */
export async function commitAll<T extends Sized>(
  items: readonly T[],
  signal: AbortSignal,
  commit: (items: readonly T[], signal: AbortSignal) => Promise<{ readonly type: 'done' } | TooLarge>,
): Promise<readonly Refusal<T>[]> {
  const refusals: Refusal<T>[] = []
  await inParallel(batches(items), WIDTH, signal, async (batch, inTime) => {
    refusals.push(...(await commitHalving(batch, (part) => commit(part, inTime))))
  })
  return refusals
}

/** One after the other; where Consul is configured to take less at once, in halves, and in halves of those. */
async function commitHalving<T>(
  items: readonly T[],
  commit: (items: readonly T[]) => Promise<{ readonly type: 'done' } | TooLarge>,
): Promise<readonly Refusal<T>[]> {
  const refusals: Refusal<T>[] = []
  const pending: (readonly T[])[] = [items]
  for (let part = pending.pop(); part; part = pending.pop()) {
    const outcome = await commit(part)
    if (outcome.type === 'done') continue
    const half = Math.ceil(part.length / 2)
    if (part.length > 1) pending.push(part.slice(half), part.slice(0, half))
    else refusals.push(...part.map((item) => ({ item, reason: outcome.reason })))
  }
  return refusals
}
