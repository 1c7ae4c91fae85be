import type { RefusedRow, VersionedRow } from '../../model/persistent-store.ts'
import { inBatches, inParallel } from '../batching.ts'
import { fitsUrl } from './options.ts'
import type { ConsulKeys } from './reads.ts'
import { bodyBytesOf, MAX_BYTES, MAX_OPERATIONS, type TooLarge } from './transactions.ts'

export interface PlannedRow {
  readonly row: VersionedRow
  readonly key: string
  readonly bodyBytes: number
}

/** Rows that fit into transactions, rows that only a single request can write, and rows that Consul cannot hold. */
export interface RowPlan {
  readonly batched: readonly PlannedRow[]
  readonly single: readonly PlannedRow[]
  readonly refused: readonly RefusedRow[]
}

/** Space in a transaction for the guard, marker and sidecar, and a reserve, in bytes. */
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
  if (bytes > MAX_BYTES) return `it has ${bytes} bytes; Consul accepts at most ${MAX_BYTES}`
  if (!fitsTogether({ bodyBytes }) && !fitsUrl(path)) {
    return `it has ${bytes} bytes; with a key that no URL can contain, Consul accepts three quarters of ${MAX_BYTES}`
  }
  return undefined
}

interface Sized {
  readonly bodyBytes: number
}

const LIMITS = {
  maxItems: MAX_OPERATIONS - 3,
  maxSize: MAX_BYTES - SPARE_BYTES,
  sizeOf: ({ bodyBytes }: Sized): number => bodyBytes,
}

function batches<T extends Sized>(items: readonly T[]): Iterable<readonly T[]> {
  return inBatches<T>(items, LIMITS)
}

export function fitsOne(items: readonly Sized[]): boolean {
  const bodyBytes = items.reduce((sum, item) => sum + item.bodyBytes, 0)
  return items.length <= LIMITS.maxItems && bodyBytes <= LIMITS.maxSize
}

const CONCURRENCY = 4

interface RefusedItem<T> {
  readonly item: T
  readonly reason: string
}

/** Commits items in several transactions, started in order. Returns the items that no transaction accepts. */
export async function commitAll<T extends Sized>(
  items: readonly T[],
  signal: AbortSignal,
  commit: (items: readonly T[], signal: AbortSignal) => Promise<{ readonly type: 'done' } | TooLarge>,
): Promise<readonly RefusedItem<T>[]> {
  const refusals: RefusedItem<T>[] = []
  await inParallel(batches(items), CONCURRENCY, signal, async (batch, inTime) => {
    refusals.push(...(await commitHalving(batch, (part) => commit(part, inTime))))
  })
  return refusals
}

/** Commits items. If Consul is configured with a lower limit, halves them until they fit. */
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
