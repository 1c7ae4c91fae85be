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

/** Who writes, as the key of the lease says it. */
interface Claim {
  readonly holder: string
  readonly ttlMs: number
}

/**
 * A key that its holder makes, and changes as long as it lives. Whoever sees it unchanged for its time, by a clock of
 * his own, may make it anew: no two clocks are compared. The fence is the moment it was made, in Consul's own count,
 * which only grows. Sessions of Consul would not do: they outlive their holder by 10 s at least.
 */
export class ConsulLease implements Lease {
  readonly #options: ConsulLeaseOptions
  /** The claim of somebody else, and when it was first seen like this. */
  #seen: { readonly index: number; readonly at: number } | undefined

  constructor(options: ConsulLeaseOptions) {
    this.#options = options
  }

  async acquire(holder: string, ttlMs: number, signal: AbortSignal): Promise<number | undefined> {
    const entry = await this.#look(signal)
    // Consul takes a value that is what it was for no change.
    const text = JSON.stringify({ holder, ttlMs, renewal: randomUUID() })
    if (entry && readClaim(entry)?.holder === holder)
      return this.#take([this.#put(text, entry.index)], signal)
    if (entry && !this.#isOver(entry, ttlMs)) return undefined
    const former = entry ? [this.#remove(entry)] : []
    return this.#take([...former, this.#put(text, 0)], signal)
  }

  async release(holder: string, signal: AbortSignal): Promise<void> {
    const entry = await this.#look(signal)
    if (!entry || readClaim(entry)?.holder !== holder) return
    // A conflict means that it is somebody else's by now.
    await this.#options.transactions.commit([this.#remove(entry)], signal)
  }

  async #look(signal: AbortSignal): Promise<ConsulEntry | undefined> {
    const { transactions, key } = this.#options
    return (await transactions.entries([key], signal)).get(key)
  }

  /** Its fence; nothing when somebody else was faster. */
  async #take(operations: readonly ConsulOperation[], signal: AbortSignal): Promise<number | undefined> {
    const outcome = await this.#options.transactions.commit(operations, signal)
    return outcome.type === 'done' ? outcome.entries.at(-1)?.createdAt : undefined
  }

  #isOver(entry: ConsulEntry, ttlMs: number): boolean {
    const now = this.#options.clock.monotonic()
    if (this.#seen?.index !== entry.index) this.#seen = { index: entry.index, at: now }
    return now - this.#seen.at >= (readClaim(entry)?.ttlMs ?? ttlMs)
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
