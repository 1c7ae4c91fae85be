import { inParallel } from '../in-parallel.ts'
import { batches, type Sized } from './batches.ts'
import type { TooLarge } from './outcome.ts'

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
