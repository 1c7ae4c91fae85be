import { StoreError } from '../../model/errors.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'
import { type ConsulClient, type ConsulResponse, consistencyQuery, deniedError } from './client.ts'
import type { Consistency } from './options.ts'

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

  async commit(operations: readonly ConsulOperation[], signal: AbortSignal): Promise<TransactionResult> {
    const body = JSON.stringify(operations.map((operation) => ({ KV: { ...operation, ...this.#scope } })))
    const ask = { method: 'PUT', path: 'txn', query: this.#query, body, expected: [200, 409, 413] } as const
    const { name } = this.#client
    const outcome = readOutcome(await this.#client.request(ask, signal))
    if (!outcome) throw new StoreError('unavailable', `${name} gave a transaction no answer it knows`)
    const errors = outcome.type === 'conflict' ? outcome.errors : []
    const refusal = errors.find(({ reason }) => /permission denied/i.test(reason))
    if (refusal) throw deniedError(name, `${operations[refusal.at]?.Verb} ${operations[refusal.at]?.Key}`)
    return outcome
  }

  /** What is there of these keys, as far as it is; of one moment up to 64 keys. */
  async entries(keys: readonly string[], signal: AbortSignal): Promise<Map<string, ConsulEntry>> {
    const found = new Map<string, ConsulEntry>()
    for (let start = 0; start < keys.length; start += MAX_OPERATIONS) {
      const part = keys.slice(start, start + MAX_OPERATIONS)
      for (const entry of await this.#present(part, signal)) found.set(entry.key, entry)
    }
    return found
  }

  /** A transaction that reads what is not there fails and says what that was: it is repeated without. */
  async #present(keys: readonly string[], signal: AbortSignal): Promise<readonly ConsulEntry[]> {
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
  #complete(keys: readonly string[], entries: readonly ConsulEntry[]): readonly ConsulEntry[] {
    const shown = new Set(entries.map(({ key }) => key))
    const hidden = keys.find((key) => !shown.has(key))
    if (hidden !== undefined) throw deniedError(this.#client.name, `get ${hidden}`)
    return entries
  }
}

/** One step of a transaction on the key/value store, in Consul's words. */
export type ConsulOperation =
  | { readonly Verb: 'get' | 'get-tree' | 'delete'; readonly Key: string }
  | { readonly Verb: 'set'; readonly Key: string; readonly Value: string }
  /** Sets a key that was not changed since; with index 0, one that is not there. */
  | { readonly Verb: 'cas'; readonly Key: string; readonly Value: string; readonly Index: number }
  | { readonly Verb: 'delete-cas' | 'check-index'; readonly Key: string; readonly Index: number }

/** What every version takes at once; newer ones take twice as many. */
export const MAX_OPERATIONS = 64

/** What Consul takes as the body of a transaction, and as a value, unless it is configured otherwise. */
export const MAX_BYTES: number = 512 * 1024

/** Everything in an operation that is neither key nor value, a namespace included. Bytes, rounded up. */
const FRAME_BYTES = 192

export function setOperation(key: string, text: string): ConsulOperation {
  return { Verb: 'set', Key: key, Value: base64(text) }
}

export function casOperation(key: string, text: string, index: number): ConsulOperation {
  return { Verb: 'cas', Key: key, Value: base64(text), Index: index }
}

/** How many bytes of a body an operation with this key and value takes at most. */
export function bodyBytesOf(key: string, text: string): number {
  return FRAME_BYTES + Buffer.byteLength(JSON.stringify(key)) + Math.ceil(Buffer.byteLength(text) / 3) * 4
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** A key and what is there. */
export interface ConsulEntry {
  readonly key: string
  readonly text: string
  /** Changes with each write of another value. */
  readonly index: number
  /** Grows each time the key is made anew. */
  readonly createdAt: number
}

/** Consul takes less at once. Says how much. */
export interface TooLarge {
  readonly type: 'tooLarge'
  readonly reason: string
}

export interface OperationError {
  /** Which operation failed. */
  readonly at: number
  readonly reason: string
}

/** What became of a transaction: all of it, or nothing. */
export type TransactionResult =
  | { readonly type: 'done'; readonly entries: readonly ConsulEntry[] }
  | { readonly type: 'conflict'; readonly errors: readonly OperationError[] }
  | TooLarge

/** Reads the answer to a transaction; `undefined` where it is none. */
function readOutcome({ status, text }: ConsulResponse): TransactionResult | undefined {
  if (status === 413) return { type: 'tooLarge', reason: text.trim() }
  const value = tryParse(text)
  if (!isJsonObject(value)) return undefined
  if (status === 200) return { type: 'done', entries: listOf(value.Results).flatMap(readEntry) }
  const errors = listOf(value.Errors).map(readError)
  return errors.length > 0 ? { type: 'conflict', errors } : undefined
}

/** Nothing at all is `null`. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function readEntry(result: unknown): ConsulEntry[] {
  const entry = isJsonObject(result) ? entryOf(result.KV) : undefined
  return entry ? [entry] : []
}

/** An entry as Consul writes it. */
export function entryOf(value: unknown): ConsulEntry | undefined {
  const { Key, Value, ModifyIndex, CreateIndex } = isJsonObject(value) ? value : {}
  if (typeof Key !== 'string') return undefined
  const text = typeof Value === 'string' ? Buffer.from(Value, 'base64').toString() : ''
  return { key: Key, text, index: Number(ModifyIndex), createdAt: Number(CreateIndex) }
}

function readError(error: unknown): OperationError {
  const { OpIndex, What } = isJsonObject(error) ? error : {}
  return { at: Number(OpIndex), reason: String(What) }
}
