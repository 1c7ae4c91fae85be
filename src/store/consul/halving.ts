import type { TooLarge } from './outcome.ts'

/** An item that is too large by itself. */
export interface Refusal<T> {
  readonly item: T
  readonly reason: string
}

/** Commits items in order; where Consul is configured to take less at once, in halves, and in halves of those. */
export async function commitHalving<T>(
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
