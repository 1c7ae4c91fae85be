import { randomUUID } from 'node:crypto'
import type { Clock } from '../../async/clock.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'
import type { Lease } from '../../model/persistent-store.ts'
import { type ConsulEntry, type ConsulOperation, casOperation, type Transactions } from './transactions.ts'

export interface ConsulLeaseOptions {
  readonly transactions: Transactions
  readonly key: string
  readonly clock: Clock
}

interface Claim {
  readonly holder: string
  readonly ttlMs: number
}

/**
 * A lease in one key, which its holder creates and renews. A process that sees it unchanged for its lifetime, by its
 * own monotonic clock, may replace it; so no two clocks are compared. The fencing token is the create index of the
 * key, which only grows. Sessions of Consul do not suit, because they outlive their holder by at least 10 s.
 */
export class ConsulLease implements Lease {
  readonly #options: ConsulLeaseOptions
  /** The last claim of another holder, and the time at which it was first seen. */
  #otherClaim: { readonly index: number; readonly at: number } | undefined

  constructor(options: ConsulLeaseOptions) {
    this.#options = options
  }

  async acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined> {
    const entry = await this.#read(signal)
    // A random part makes each renewal a change, because Consul ignores an equal value.
    const text = JSON.stringify({ holder, ttlMs, renewal: randomUUID() })
    if (entry && readClaim(entry)?.holder === holder)
      return this.#take([this.#put(text, entry.index)], signal)
    if (entry && !this.#isExpired(entry, ttlMs)) return undefined
    const removal = entry ? [this.#remove(entry)] : []
    return this.#take([...removal, this.#put(text, 0)], signal)
  }

  async release(holder: string, signal: AbortSignal): Promise<void> {
    const entry = await this.#read(signal)
    if (!entry || readClaim(entry)?.holder !== holder) return
    // A conflict means that another holder has replaced it.
    await this.#options.transactions.commit([this.#remove(entry)], signal)
  }

  async #read(signal: AbortSignal): Promise<ConsulEntry | undefined> {
    const { transactions, key } = this.#options
    return (await transactions.entries([key], signal)).get(key)
  }

  /** Returns the fencing token, or `undefined` if another process was faster. */
  async #take(operations: readonly ConsulOperation[], signal: AbortSignal): Promise<number | undefined> {
    const outcome = await this.#options.transactions.commit(operations, signal)
    return outcome.type === 'done' ? outcome.entries.at(-1)?.createdAt : undefined
  }

  #isExpired(entry: ConsulEntry, ttlMs: number): boolean {
    const now = this.#options.clock.monotonic()
    if (this.#otherClaim?.index !== entry.index) this.#otherClaim = { index: entry.index, at: now }
    return now - this.#otherClaim.at >= (readClaim(entry)?.ttlMs ?? ttlMs)
  }

  #put(text: string, index: number): ConsulOperation {
    return casOperation(this.#options.key, text, index)
  }

  #remove({ key, index }: ConsulEntry): ConsulOperation {
    return { Verb: 'delete-cas', Key: key, Index: index }
  }
}

function readClaim({ text }: ConsulEntry): Claim | undefined {
  const value = tryParse(text)
  if (!isJsonObject(value)) return undefined
  const { holder, ttlMs } = value
  return typeof holder === 'string' && typeof ttlMs === 'number' ? { holder, ttlMs } : undefined
}
