import { StoreError } from '../../model/errors.ts'
import { type ConsulClient, consistencyQuery } from './consul-client.ts'
import { denied } from './consul-errors.ts'
import type { Consistency } from './consul-options.ts'
import { MOST_OPERATIONS, type Operation } from './operation.ts'
import { type Entry, type Outcome, readOutcome } from './outcome.ts'

/** How often what vanishes between two looks is looked for. */
const MOST_LOOKS = 5

export interface TransactionsOptions {
  readonly client: ConsulClient
  readonly namespace: string | undefined
  /** Of reads; Consul ignores it where something is written. */
  readonly consistency: Consistency
}

/**
 * Several keys at once, all or nothing. What is read is of one moment; and a transaction takes any key, where a URL
 * cannot hold every one.
 */
export class Transactions {
  readonly #client: ConsulClient
  readonly #scope: { readonly Namespace?: string }
  readonly #query: Readonly<Record<string, string>>

  constructor({ client, namespace, consistency }: TransactionsOptions) {
    this.#client = client
    this.#scope = namespace === undefined ? {} : { Namespace: namespace }
    this.#query = consistencyQuery(consistency)
  }

  async commit(operations: readonly Operation[], signal: AbortSignal): Promise<Outcome> {
    const body = JSON.stringify(operations.map((operation) => ({ KV: { ...operation, ...this.#scope } })))
    const ask = { method: 'PUT', path: 'txn', query: this.#query, body, expected: [200, 409, 413] } as const
    const { name } = this.#client
    const outcome = readOutcome(await this.#client.ask(ask, signal))
    if (!outcome) throw new StoreError('unavailable', `${name} gave a transaction no answer it knows`)
    const errors = outcome.type === 'conflict' ? outcome.errors : []
    const refusal = errors.find(({ reason }) => /permission denied/i.test(reason))
    if (refusal) throw denied(name, `${operations[refusal.at]?.Verb} ${operations[refusal.at]?.Key}`)
    return outcome
  }

  /** What is there of these keys, as far as it is; of one moment up to 64 keys. */
  async entries(keys: readonly string[], signal: AbortSignal): Promise<Map<string, Entry>> {
    const found = new Map<string, Entry>()
    for (let start = 0; start < keys.length; start += MOST_OPERATIONS) {
      const part = keys.slice(start, start + MOST_OPERATIONS)
      for (const entry of await this.#present(part, signal)) found.set(entry.key, entry)
    }
    return found
  }

  /** A transaction that reads what is not there fails and says what that was: it is repeated without. */
  async #present(keys: readonly string[], signal: AbortSignal): Promise<readonly Entry[]> {
    let wanted = keys
    for (let look = 0; look < MOST_LOOKS && wanted.length > 0; look++) {
      const outcome = await this.commit(
        wanted.map((Key) => ({ Verb: 'get', Key })),
        signal,
      )
      switch (outcome.type) {
        case 'done':
          return this.#complete(wanted, outcome.entries)
        case 'conflict': {
          const missing = new Set(outcome.errors.map(({ at }) => at))
          wanted = wanted.filter((_, at) => !missing.has(at))
          break
        }
        case 'tooLarge':
          throw new StoreError('refused', `${this.#client.name}: ${outcome.reason}`)
        default:
          outcome satisfies never
      }
    }
    if (wanted.length === 0) return []
    throw new StoreError('unavailable', `${this.#client.name}: what is read vanishes again and again`)
  }

  /** What a token may not read is left out without a word. */
  #complete(keys: readonly string[], entries: readonly Entry[]): readonly Entry[] {
    const shown = new Set(entries.map(({ key }) => key))
    const hidden = keys.find((key) => !shown.has(key))
    if (hidden !== undefined) throw denied(this.#client.name, `get ${hidden}`)
    return entries
  }
}
