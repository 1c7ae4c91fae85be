import type { RefusedRow, VersionedRow } from '../../model/persistent-store.ts'
import { inBatches, inParallel } from '../batching.ts'
import { fitsUrl } from './options.ts'
import type { ConsulKeys } from './reads.ts'
import { bodyBytesOf, MAX_BYTES, MAX_OPERATIONS, type TooLarge } from './transactions.ts'

/** A row and where it goes. */
export interface PlannedRow {
  readonly row: VersionedRow
  readonly key: string
  /** In the body of a transaction, bytes. */
  readonly bodyBytes: number
}

/** Which rows can go into transactions, which are too big for that but not for Consul, and which go nowhere. */
export interface RowPlan {
  readonly batched: readonly PlannedRow[]
  readonly single: readonly PlannedRow[]
  readonly refused: readonly RefusedRow[]
}

/** What accompanies rows in one transaction: a guard, the marker and the sidecar, or bodyBytes for what cannot be foreseen. */
const SPARE_BYTES: number = 16 * 1024

export function planRows(rows: readonly VersionedRow[], keys: ConsulKeys): RowPlan {
  const planned = rows.map((row) => {
    const key = keys.row(row)
    return { row, key, bodyBytes: bodyBytesOf(key, row.text) }
  })
  const refused = planned.flatMap(({ row, key, bodyBytes }) => {
    const reason = reasonToRefuse(row, key, bodyBytes)
    return reason === undefined ? [] : [{ kind: row.kind, key: row.key, reason }]
  })
  const names = new Set(refused.map((row) => keys.row(row)))
  const taken = planned.filter(({ key }) => !names.has(key))
  return { batched: taken.filter(fitsTogether), single: taken.filter((row) => !fitsTogether(row)), refused }
}

function fitsTogether({ bodyBytes }: { readonly bodyBytes: number }): boolean {
  return bodyBytes <= MAX_BYTES - SPARE_BYTES
}

function reasonToRefuse({ key, text }: VersionedRow, path: string, bodyBytes: number): string | undefined {
  if (!key.isWellFormed()) return 'its key is not Unicode'
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BYTES) return `it has ${bytes} bytes, and Consul takes ${MAX_BYTES}`
  if (!fitsTogether({ bodyBytes }) && !fitsUrl(path)) {
    return `it has ${bytes} bytes, and under a key that no URL can hold Consul takes three quarters of ${MAX_BYTES}`
  }
  return undefined
}

/** Something that takes bodyBytes in the body of a transaction. */
interface Sized {
  readonly bodyBytes: number
}

/** What goes into one transaction beside a guard, the marker and the sidecar. */
const LIMITS = {
  maxItems: MAX_OPERATIONS - 3,
  maxSize: MAX_BYTES - SPARE_BYTES,
  sizeOf: ({ bodyBytes }: Sized): number => bodyBytes,
}

/** As many as go into one transaction, in the order given. */
function batches<T extends Sized>(items: readonly T[]): Iterable<readonly T[]> {
  return inBatches<T>(items, LIMITS)
}

/** Whether all this goes into one transaction. */
export function fitsOne(items: readonly Sized[]): boolean {
  const bodyBytes = items.reduce((sum, item) => sum + item.bodyBytes, 0)
  return items.length <= LIMITS.maxItems && bodyBytes <= LIMITS.maxSize
}

/** How many transactions are under way at once. */
const WIDTH = 4

/** An item that is too large by itself. */
export interface RefusedItem<T> {
  readonly item: T
  readonly reason: string
}

/** Commits items in as many transactions as it takes, begun in their order. Gives those that no transaction takes. */
export async function commitAll<T extends Sized>(
  items: readonly T[],
  signal: AbortSignal,
  commit: (items: readonly T[], signal: AbortSignal) => Promise<{ readonly type: 'done' } | TooLarge>,
): Promise<readonly RefusedItem<T>[]> {
  const refusals: RefusedItem<T>[] = []
  await inParallel(batches(items), WIDTH, signal, async (batch, inTime) => {
    refusals.push(...(await commitHalving(batch, (part) => commit(part, inTime))))
  })
  return refusals
}

/** One after the other; where Consul is configured to take less at once, in halves, and in halves of those. */
async function commitHalving<T>(
  items: readonly T[],
  commit: (items: readonly T[]) => Promise<{ readonly type: 'done' } | TooLarge>,
): Promise<readonly RefusedItem<T>[]> {
  const refusals: RefusedItem<T>[] = []
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
