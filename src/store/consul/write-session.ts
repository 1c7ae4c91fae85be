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

interface WriteSessionOptions {
  readonly client: ConsulClient
  readonly transactions: Transactions
  readonly keys: ConsulKeys
  /** Operations at the start of each transaction, which check the fencing token. */
  readonly guard: readonly ConsulOperation[]
}

/** One write in progress. Its operations fail with `fenced` once a writer with a greater fencing token writes. */
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

  async commitWithoutConflict(
    operations: readonly ConsulOperation[],
    signal: AbortSignal,
  ): Promise<Exclude<TransactionResult, { type: 'conflict' }>> {
    const outcome = await this.commitGuarded(operations, signal)
    if (outcome.type !== 'conflict') return outcome
    const reasons = outcome.errors.map(({ reason }) => reason).join(', ')
    throw new StoreError('unavailable', `${this.name} rejected a transaction: ${reasons}`)
  }

  async commitSmall(operations: readonly ConsulOperation[], signal: AbortSignal): Promise<void> {
    const outcome = await this.commitWithoutConflict(operations, signal)
    if (outcome.type === 'tooLarge') throw new StoreError('refused', `${this.name}: ${outcome.reason}`)
  }

  /**
   * Writes one value without a transaction, which is limited to three quarters of the size because it encodes values
   * in base64. With an index, writes only if the key has not changed since.
   */
  async put(
    { key, text, index }: { readonly key: string; readonly text: string; readonly index?: number },
    signal: AbortSignal,
  ): Promise<{ readonly type: 'done' | 'conflict' } | TooLarge> {
    // Not atomic: Consul cannot check the fencing token together with this write.
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

  async list(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    const ask = { method: 'GET', query: { keys: '' }, expected: [200, 404] } as const
    const answer = await this.#client.requestKey(folder, ask, signal)
    if (answer.status === 404) return []
    const keys = tryParse(answer.text)
    if (Array.isArray(keys)) return keys.map(String)
    throw new StoreError('unavailable', `${this.name} did not respond with a list of keys`)
  }
}

const MAX_ATTEMPTS = 10

/**
 * Records that this fencing token writes. Returns the guard operations for each transaction of the write, none
 * without a token. Rejects with `fenced` if a greater token has written.
 */
export async function claimFencingToken(
  token: number | undefined,
  {
    transactions,
    key,
    name,
  }: { readonly transactions: Transactions; readonly key: string; readonly name: string },
  signal: AbortSignal,
): Promise<readonly ConsulOperation[]> {
  if (token === undefined) return []
  for (let tries = 0; tries < MAX_ATTEMPTS; tries++) {
    const entry = (await transactions.entries([key], signal)).get(key)
    const last = Number(entry?.text) || 0
    if (token < last) throw fenced(name)
    if (entry && token === last) return [indexCheck(key, entry.index)]
    const outcome = await transactions.commit([casOperation(key, String(token), entry?.index ?? 0)], signal)
    const [written] = outcome.type === 'done' ? outcome.entries : []
    if (written) return [indexCheck(key, written.index)]
  }
  throw new StoreError(
    'unavailable',
    `${name}: other writers changed the fencing token in each of ${MAX_ATTEMPTS} attempts`,
  )
}

function fenced(name: string): StoreError {
  return new StoreError('fenced', `${name}: another writer holds the lease`)
}

function indexCheck(key: string, index: number): ConsulOperation {
  return { Verb: 'check-index', Key: key, Index: index }
}
