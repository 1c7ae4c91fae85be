import { StoreError } from '../../model/errors.ts'
import { cas, type Operation } from './operation.ts'
import type { Transactions } from './transactions.ts'

const MOST_TRIES = 10

/**
 * Notes that this fence writes now. Gives what has to begin each transaction of the write, so that it fails once a later
 * fence writes; nothing where there is no fence. Rejects with `fenced` when a later one has written.
 */
export async function enterFence(
  fence: number | undefined,
  {
    transactions,
    key,
    name,
  }: { readonly transactions: Transactions; readonly key: string; readonly name: string },
  signal: AbortSignal,
): Promise<readonly Operation[]> {
  if (fence === undefined) return []
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const entry = (await transactions.entries([key], signal)).get(key)
    const last = Number(entry?.text) || 0
    if (fence < last) throw fenced(name)
    if (entry && fence === last) return [check(key, entry.index)]
    const outcome = await transactions.commit([cas(key, String(fence), entry?.index ?? 0)], signal)
    const [written] = outcome.type === 'done' ? outcome.entries : []
    if (written) return [check(key, written.index)]
  }
  throw new StoreError('unavailable', `${name}: the fence changes again and again`)
}

export function fenced(name: string): StoreError {
  return new StoreError('fenced', `${name}: another writer holds the lease`)
}

function check(key: string, index: number): Operation {
  return { Verb: 'check-index', Key: key, Index: index }
}
