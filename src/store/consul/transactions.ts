import { StoreError } from '../../model/errors.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'
import { type ConsulClient, type ConsulResponse, consistencyQuery, deniedError } from './client.ts'
import type { ConsulConsistency } from './options.ts'

/** Maximum number of attempts to read keys while some of them are being deleted. */
const MAX_READS = 5

export interface TransactionsOptions {
  readonly client: ConsulClient
  readonly namespace: string | undefined
  /** Consistency of reads. Consul ignores it in transactions that write. */
  readonly consistency: ConsulConsistency
}

/**
 * Atomic operations on several keys. Reads are of one moment. A transaction accepts any key, whereas a URL does not.
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
    if (!outcome) throw new StoreError('unavailable', `${name} sent an invalid response to a transaction`)
    const errors = outcome.type === 'conflict' ? outcome.errors : []
    const refusal = errors.find(({ reason }) => /permission denied/i.test(reason))
    if (refusal) throw deniedError(name, `${operations[refusal.at]?.Verb} ${operations[refusal.at]?.Key}`)
    return outcome
  }

  /** Returns the existing entries of these keys. Up to 64 keys are read at one moment. */
  async entries(keys: readonly string[], signal: AbortSignal): Promise<Map<string, ConsulEntry>> {
    const found = new Map<string, ConsulEntry>()
    for (let start = 0; start < keys.length; start += MAX_OPERATIONS) {
      const part = keys.slice(start, start + MAX_OPERATIONS)
      for (const entry of await this.#present(part, signal)) found.set(entry.key, entry)
    }
    return found
  }

  /** A transaction that reads a missing key fails and names it; the read is repeated without it. */
  async #present(keys: readonly string[], signal: AbortSignal): Promise<readonly ConsulEntry[]> {
    let remaining = keys
    for (let read = 0; read < MAX_READS && remaining.length > 0; read++) {
      const outcome = await this.commit(
        remaining.map((Key) => ({ Verb: 'get', Key })),
        signal,
      )
      switch (outcome.type) {
        case 'done':
          return this.#complete(remaining, outcome.entries)
        case 'conflict': {
          const missing = new Set(outcome.errors.map(({ at }) => at))
          remaining = remaining.filter((_, at) => !missing.has(at))
          break
        }
        case 'tooLarge':
          throw new StoreError('refused', `${this.#client.name}: ${outcome.reason}`)
        default:
          outcome satisfies never
      }
    }
    if (remaining.length === 0) return []
    throw new StoreError(
      'unavailable',
      `${this.#client.name}: keys were deleted during each of ${MAX_READS} reads`,
    )
  }

  /** Consul silently omits keys that the token may not read. */
  #complete(keys: readonly string[], entries: readonly ConsulEntry[]): readonly ConsulEntry[] {
    const shown = new Set(entries.map(({ key }) => key))
    const hidden = keys.find((key) => !shown.has(key))
    if (hidden !== undefined) throw deniedError(this.#client.name, `get ${hidden}`)
    return entries
  }
}

/** One operation of a transaction, in the terms of Consul's API. */
export type ConsulOperation =
  | { readonly Verb: 'get' | 'get-tree' | 'delete'; readonly Key: string }
  | { readonly Verb: 'set'; readonly Key: string; readonly Value: string }
  /** Sets a key that has not changed since the index; index 0: a key that does not exist. */
  | { readonly Verb: 'cas'; readonly Key: string; readonly Value: string; readonly Index: number }
  | { readonly Verb: 'delete-cas' | 'check-index'; readonly Key: string; readonly Index: number }

/** Maximum number of operations in one transaction. Newer versions accept twice as many. */
export const MAX_OPERATIONS = 64

/** Default limit of Consul for the body of a transaction and for a value, in bytes. */
export const MAX_BYTES: number = 512 * 1024

/** Size of an operation without key and value, including a namespace, in bytes, rounded up. */
const FRAME_BYTES = 192

export function setOperation(key: string, text: string): ConsulOperation {
  return { Verb: 'set', Key: key, Value: base64(text) }
}

export function casOperation(key: string, text: string, index: number): ConsulOperation {
  return { Verb: 'cas', Key: key, Value: base64(text), Index: index }
}

export function bodyBytesOf(key: string, text: string): number {
  return FRAME_BYTES + Buffer.byteLength(JSON.stringify(key)) + Math.ceil(Buffer.byteLength(text) / 3) * 4
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

export interface ConsulEntry {
  readonly key: string
  readonly text: string
  /** Modify index, which changes with each write of another value. */
  readonly index: number
  /** Create index, which grows each time the key is created again. */
  readonly createdAt: number
}

/** Consul rejects the size. The reason contains its limit. */
export interface TooLarge {
  readonly type: 'tooLarge'
  readonly reason: string
}

interface OperationError {
  readonly at: number
  readonly reason: string
}

/** The result of a transaction, which applies completely or not at all. */
export type TransactionResult =
  | { readonly type: 'done'; readonly entries: readonly ConsulEntry[] }
  | { readonly type: 'conflict'; readonly errors: readonly OperationError[] }
  | TooLarge

function readOutcome({ status, text }: ConsulResponse): TransactionResult | undefined {
  if (status === 413) return { type: 'tooLarge', reason: text.trim() }
  const value = tryParse(text)
  if (!isJsonObject(value)) return undefined
  if (status === 200) return { type: 'done', entries: listOf(value.Results).flatMap(readEntry) }
  const errors = listOf(value.Errors).map(readError)
  return errors.length > 0 ? { type: 'conflict', errors } : undefined
}

/** Consul sends `null` for an empty list. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function readEntry(result: unknown): ConsulEntry[] {
  const entry = isJsonObject(result) ? entryOf(result.KV) : undefined
  return entry ? [entry] : []
}

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
