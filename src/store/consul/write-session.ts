import { StoreError } from '../../model/errors.ts'
import { tryParse } from '../../model/json.ts'
import type { ConsulClient } from './client.ts'
import type { ConsulKeys } from './reads.ts'
import {
  type ConsulEntry,
  type ConsulOperation,
  casOperation,
  type TooLarge,
  type TransactionResult,
  type Transactions,
} from './transactions.ts'

export interface WriteSessionOptions {
  readonly client: ConsulClient
  readonly transactions: Transactions
  readonly keys: ConsulKeys
  /** Begins each transaction. */
  readonly guard: readonly ConsulOperation[]
}

/** One write under way: whatever it does fails with `fenced` once a later fence writes. */
export class WriteSession {
  readonly keys: ConsulKeys
  readonly #client: ConsulClient
  readonly #transactions: Transactions
  readonly #guard: readonly ConsulOperation[]

  constructor({ client, transactions, keys, guard }: WriteSessionOptions) {
    this.keys = keys
    this.#client = client
    this.#transactions = transactions
    this.#guard = guard
  }

  get name(): string {
    return this.#client.name
  }

  async commitGuarded(
    operations: readonly ConsulOperation[],
    signal: AbortSignal,
  ): Promise<TransactionResult> {
    const outcome = await this.#transactions.commit([...this.#guard, ...operations], signal)
    const errors = outcome.type === 'conflict' ? outcome.errors : []
    if (errors.some(({ at }) => at < this.#guard.length)) throw fenced(this.name)
    return outcome
  }

  /** Commits what has nothing to conflict with. */
  async commitWithoutConflict(
    operations: readonly ConsulOperation[],
    signal: AbortSignal,
  ): Promise<Exclude<TransactionResult, { type: 'conflict' }>> {
    const outcome = await this.commitGuarded(operations, signal)
    if (outcome.type !== 'conflict') return outcome
    const reasons = outcome.errors.map(({ reason }) => reason).join(', ')
    throw new StoreError('unavailable', `${this.name} took nothing of a transaction: ${reasons}`)
  }

  /** Commits what is small, too. */
  async commitSmall(operations: readonly ConsulOperation[], signal: AbortSignal): Promise<void> {
    const outcome = await this.commitWithoutConflict(operations, signal)
    if (outcome.type === 'tooLarge') throw new StoreError('refused', `${this.name}: ${outcome.reason}`)
  }

  /**
   * Writes one value outside of a transaction, which holds values in base64 and so no value of more than three quarters
   * of its size. With an index: if nobody wrote since.
   */
  async put(
    { key, text, index }: { readonly key: string; readonly text: string; readonly index?: number },
    signal: AbortSignal,
  ): Promise<{ readonly type: 'done' | 'conflict' } | TooLarge> {
    // As near as it can be: nothing holds the fence and a value outside of a transaction together.
    if (this.#guard.length > 0) await this.commitSmall([], signal)
    const query: Record<string, string> = index === undefined ? {} : { cas: String(index) }
    const contentType = 'application/octet-stream'
    const ask = { method: 'PUT', query, body: text, contentType, expected: [200, 413] } as const
    const answer = await this.#client.requestKey(key, ask, signal)
    if (answer.status === 413) return { type: 'tooLarge', reason: answer.text.trim() }
    return { type: answer.text.trim() === 'true' ? 'done' : 'conflict' }
  }

  entries(keys: readonly string[], signal: AbortSignal): Promise<Map<string, ConsulEntry>> {
    return this.#transactions.entries(keys, signal)
  }

  /** The keys below one that ends in a slash. */
  async list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    const ask = { method: 'GET', query: { keys: '' }, expected: [200, 404] } as const
    const answer = await this.#client.requestKey(folder, ask, signal)
    if (answer.status === 404) return []
    const keys = tryParse(answer.text)
    if (Array.isArray(keys)) return keys.map(String)
    throw new StoreError('unavailable', `${this.name} answered no list of keys`)
  }
}

const MOST_TRIES = 10

/**
 * Notes that this fence writes now. Gives what has to begin each transaction of the write, so that it fails once a later
 * fence writes; nothing where there is no fence. Rejects with `fenced` when a later one has written.
 */
export async function claimFencingToken(
  fence: number | undefined,
  {
    transactions,
    key,
    name,
  }: { readonly transactions: Transactions; readonly key: string; readonly name: string },
  signal: AbortSignal,
): Promise<readonly ConsulOperation[]> {
  if (fence === undefined) return []
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const entry = (await transactions.entries([key], signal)).get(key)
    const last = Number(entry?.text) || 0
    if (fence < last) throw fenced(name)
    if (entry && fence === last) return [check(key, entry.index)]
    const outcome = await transactions.commit([casOperation(key, String(fence), entry?.index ?? 0)], signal)
    const [written] = outcome.type === 'done' ? outcome.entries : []
    if (written) return [check(key, written.index)]
  }
  throw new StoreError('unavailable', `${name}: the fence changes again and again`)
}

function fenced(name: string): StoreError {
  return new StoreError('fenced', `${name}: another writer holds the lease`)
}

function check(key: string, index: number): ConsulOperation {
  return { Verb: 'check-index', Key: key, Index: index }
}
