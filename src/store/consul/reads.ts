import { StoreError } from '../../model/errors.ts'
import { KINDS, type Kind } from '../../model/kind.ts'
import type { Row, StoredData } from '../../model/persistent-store.ts'
import { denied } from './consul-errors.ts'
import type { KeySpace } from './key-space.ts'
import type { Operation } from './operation.ts'
import type { Entry } from './outcome.ts'
import type { Transactions } from './transactions.ts'

export interface ReadsOptions {
  readonly transactions: Transactions
  readonly keys: KeySpace
  readonly name: string
}

/** Reads what is under a prefix. */
export class Reads {
  readonly #transactions: Transactions
  readonly #keys: KeySpace
  readonly #name: string

  constructor({ transactions, keys, name }: ReadsOptions) {
    this.#transactions = transactions
    this.#keys = keys
    this.#name = name
  }

  async initialized(signal: AbortSignal): Promise<boolean> {
    const { marker } = this.#keys
    return (await this.#transactions.entries([marker], signal)).has(marker)
  }

  async get(kind: Kind, key: string, signal: AbortSignal): Promise<Row | undefined> {
    // Consul would take it for another one.
    if (!key.isWellFormed()) return undefined
    const path = this.#keys.row({ kind, key })
    const entry = (await this.#transactions.entries([path], signal)).get(path)
    return entry && { kind, key, text: entry.text }
  }

  /** Everything, of one moment. */
  async readAll(signal: AbortSignal): Promise<StoredData> {
    const { marker, sidecar } = this.#keys
    const entries = await this.#everything(signal)
    const held = new Map(entries.map((entry) => [entry.key, entry.text]))
    const rows = entries.flatMap(({ key, text }) => {
      const name = this.#keys.rowName(key)
      return name ? [{ ...name, text }] : []
    })
    const beside = held.get(sidecar)
    return { initialized: held.has(marker), rows, ...(beside !== undefined && { sidecar: beside }) }
  }

  /** What a token may not read is left out of a tree without a word; the marker, asked for by itself, is not. */
  async #everything(signal: AbortSignal): Promise<readonly Entry[]> {
    const { marker, sidecar } = this.#keys
    const trees = [...KINDS.map((kind) => this.#keys.folder(kind)), sidecar].map(tree)
    const outcome = await this.#transactions.commit([{ Verb: 'get', Key: marker }, ...trees], signal)
    if (outcome.type === 'done') {
      if (outcome.entries.some(({ key }) => key === marker)) return outcome.entries
      throw denied(this.#name, `get ${marker}`)
    }
    const again = await this.#transactions.commit([tree(marker), ...trees], signal)
    if (again.type === 'done') return again.entries
    throw new StoreError('unavailable', `${this.#name} does not read everything at once`)
  }
}

function tree(key: string): Operation {
  return { Verb: 'get-tree', Key: key }
}
