import { isJsonObject, tryParse } from '../../model/json.ts'
import type { Answer } from './consul-client.ts'

/** A key and what is there. */
export interface Entry {
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
export type Outcome =
  | { readonly type: 'done'; readonly entries: readonly Entry[] }
  | { readonly type: 'conflict'; readonly errors: readonly OperationError[] }
  | TooLarge

/** Reads the answer to a transaction; `undefined` where it is none. */
export function readOutcome({ status, text }: Answer): Outcome | undefined {
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

function readEntry(result: unknown): Entry[] {
  const entry = isJsonObject(result) ? entryOf(result.KV) : undefined
  return entry ? [entry] : []
}

/** An entry as Consul writes it. */
export function entryOf(value: unknown): Entry | undefined {
  const { Key, Value, ModifyIndex, CreateIndex } = isJsonObject(value) ? value : {}
  if (typeof Key !== 'string') return undefined
  const text = typeof Value === 'string' ? Buffer.from(Value, 'base64').toString() : ''
  return { key: Key, text, index: Number(ModifyIndex), createdAt: Number(CreateIndex) }
}

function readError(error: unknown): OperationError {
  const { OpIndex, What } = isJsonObject(error) ? error : {}
  return { at: Number(OpIndex), reason: String(What) }
}
