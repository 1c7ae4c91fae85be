import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import { StoreError } from '../../model/errors.ts'
import { tryParse } from '../../model/json.ts'
import type { Row, RowCounts, RowName, StoredData, StoreSummary } from '../../model/persistent-store.ts'
import { type ConsulClient, consistencyQuery, deniedError } from './client.ts'
import type { Consistency } from './options.ts'
import type { ConsulEntry, ConsulOperation, Transactions } from './transactions.ts'

export interface ReadsOptions {
  readonly transactions: Transactions
  readonly keys: ConsulKeys
  readonly client: ConsulClient
  readonly consistency: Consistency
}

/** Reads what is under a prefix. */
export class ConsulReads {
  readonly #transactions: Transactions
  readonly #keys: ConsulKeys
  readonly #client: ConsulClient
  readonly #query: Readonly<Record<string, string>>
  /** The index of everything under the prefix when its rows were last counted, and what the count was. */
  #counted: { readonly index: number; readonly counts: RowCounts } | undefined

  constructor({ transactions, keys, client, consistency }: ReadsOptions) {
    this.#transactions = transactions
    this.#keys = keys
    this.#client = client
    this.#query = consistencyQuery(consistency)
  }

  get #name(): string {
    return this.#client.name
  }

  async initialized(signal: AbortSignal): Promise<boolean> {
    const { marker } = this.#keys
    return (await this.#transactions.entries([marker], signal)).has(marker)
  }

  async get(kind: ItemKind, key: string, signal: AbortSignal): Promise<Row | undefined> {
    // Consul would take it for another one.
    if (!key.isWellFormed()) return undefined
    const path = this.#keys.row({ kind, key })
    const entry = (await this.#transactions.entries([path], signal)).get(path)
    return entry && { kind, key, text: entry.text }
  }

  /**
   * Returns marker, sidecar and numbers of rows. The rows are listed, by their keys alone, only if something under the
   * prefix was written or deleted since they were last counted.
   */
  async summary(signal: AbortSignal): Promise<StoreSummary> {
    const { marker, sidecar, root } = this.#keys
    const top = await this.#list(root, { separator: '/' }, signal)
    if (this.#counted?.index !== top.index || top.index === 0) {
      const [flag, segment] = await Promise.all([
        this.#count('flag', top.keys, signal),
        this.#count('segment', top.keys, signal),
      ])
      this.#counted = { index: top.index, counts: { flag, segment } }
    }
    const beside = (await this.#transactions.entries([sidecar], signal)).get(sidecar)?.text
    return {
      initialized: top.keys.includes(marker) || (await this.initialized(signal)),
      ...(beside !== undefined && { sidecar: beside }),
      counts: this.#counted.counts,
    }
  }

  async #count(kind: ItemKind, folders: readonly string[], signal: AbortSignal): Promise<number> {
    const folder = this.#keys.folder(kind)
    return folders.includes(folder) ? (await this.#list(folder, {}, signal)).keys.length : 0
  }

  /** Lists the keys below one that ends in a slash, up to the separator if there is one. */
  async #list(
    folder: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ readonly keys: readonly string[]; readonly index: number }> {
    const ask = {
      method: 'GET',
      query: { keys: '', ...query, ...this.#query },
      expected: [200, 404],
    } as const
    const { status, text, index } = await this.#client.requestKey(folder, ask, signal)
    const keys = status === 404 ? [] : tryParse(text)
    if (Array.isArray(keys)) return { keys: keys.map(String), index }
    throw new StoreError('unavailable', `${this.#name}: a list of keys was requested, and the answer is none`)
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
  async #everything(signal: AbortSignal): Promise<readonly ConsulEntry[]> {
    const { marker, sidecar } = this.#keys
    const trees = [...KINDS.map((kind) => this.#keys.folder(kind)), sidecar].map(tree)
    const outcome = await this.#transactions.commit([{ Verb: 'get', Key: marker }, ...trees], signal)
    if (outcome.type === 'done') {
      if (outcome.entries.some(({ key }) => key === marker)) return outcome.entries
      throw deniedError(this.#name, `get ${marker}`)
    }
    const again = await this.#transactions.commit([tree(marker), ...trees], signal)
    if (again.type === 'done') return again.entries
    throw new StoreError('unavailable', `${this.#name} does not read everything at once`)
  }
}

function tree(key: string): ConsulOperation {
  return { Verb: 'get-tree', Key: key }
}

/** The names of the keys under a prefix, in the layout of LaunchDarkly's SDKs, and of Halyard's own outside of it. */
export class ConsulKeys {
  /** Everything under the prefix lies below it. */
  readonly root: string
  readonly marker: string
  /** Outside the prefix: other software deletes what it does not know under it. */
  readonly sidecar: string
  readonly lease: string
  readonly fencingToken: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.root = `${prefix}/`
    this.marker = `${prefix}/${MARKER}`
    this.sidecar = `${SIDECAR}/${prefix}/sidecar`
    this.lease = `${SIDECAR}/${prefix}/lease`
    this.fencingToken = `${SIDECAR}/${prefix}/fence`
  }

  /** Where the rows of a kind are. With its slash: without, `ld` would reach into `ld-staging`. */
  folder(kind: ItemKind): string {
    return `${this.#prefix}/${NAMESPACES[kind]}/`
  }

  row({ kind, key }: RowName): string {
    return this.folder(kind) + key
  }

  /** Which row this is the key of. */
  rowName(key: string): RowName | undefined {
    const kind = KINDS.find((each) => key.startsWith(this.folder(each)))
    return kind && { kind, key: key.slice(this.folder(kind).length) }
  }
}
