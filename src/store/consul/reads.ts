import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import { StoreError } from '../../model/errors.ts'
import { tryParse } from '../../model/json.ts'
import type { Row, RowCounts, RowName, StoredData, StoreSummary } from '../../model/persistent-store.ts'
import { type ConsulClient, consistencyQuery, deniedError } from './client.ts'
import type { ConsulConsistency } from './options.ts'
import type { ConsulEntry, ConsulOperation, Transactions } from './transactions.ts'

export interface ReadsOptions {
  readonly transactions: Transactions
  readonly keys: ConsulKeys
  readonly client: ConsulClient
  readonly consistency: ConsulConsistency
}

export class ConsulReads {
  readonly #transactions: Transactions
  readonly #keys: ConsulKeys
  readonly #client: ConsulClient
  readonly #query: Readonly<Record<string, string>>
  /** The row counts, and the index of the whole prefix at which they were counted. */
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
    // Consul would read another key.
    if (!key.isWellFormed()) return undefined
    const path = this.#keys.row({ kind, key })
    const entry = (await this.#transactions.entries([path], signal)).get(path)
    return entry && { kind, key, text: entry.text }
  }

  /**
   * Returns marker, sidecar and row counts. Lists the keys of rows only if something under the prefix has changed
   * since the last count.
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
    const text = (await this.#transactions.entries([sidecar], signal)).get(sidecar)?.text
    return {
      initialized: top.keys.includes(marker) || (await this.initialized(signal)),
      ...(text !== undefined && { sidecar: text }),
      counts: this.#counted.counts,
    }
  }

  async #count(kind: ItemKind, folders: readonly string[], signal: AbortSignal): Promise<number> {
    const folder = this.#keys.folder(kind)
    return folders.includes(folder) ? (await this.#list(folder, {}, signal)).keys.length : 0
  }

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
    throw new StoreError('unavailable', `${this.#name}: the response is not a list of keys`)
  }

  async readAll(signal: AbortSignal): Promise<StoredData> {
    const { marker, sidecar } = this.#keys
    const entries = await this.#everything(signal)
    const texts = new Map(entries.map((entry) => [entry.key, entry.text]))
    const rows = entries.flatMap(({ key, text }) => {
      const name = this.#keys.rowName(key)
      return name ? [{ ...name, text }] : []
    })
    const text = texts.get(sidecar)
    return { initialized: texts.has(marker), rows, ...(text !== undefined && { sidecar: text }) }
  }

  /**
   * Reads the marker by itself: Consul silently omits keys from a tree that the token may not read, but reports a
   * single one.
   */
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
    throw new StoreError('unavailable', `${this.#name} rejected a transaction that only reads`)
  }
}

function tree(key: string): ConsulOperation {
  return { Verb: 'get-tree', Key: key }
}

/**
 * The keys of one prefix: rows and marker in the layout of LaunchDarkly's SDKs, Halyard's own outside of the prefix.
 */
export class ConsulKeys {
  readonly root: string
  readonly marker: string
  /** Outside of the prefix, because other software deletes unknown keys below it. */
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

  /** Returns the folder of the rows of a kind, with its slash: without it, `ld` would include `ld-staging`. */
  folder(kind: ItemKind): string {
    return `${this.#prefix}/${NAMESPACES[kind]}/`
  }

  row({ kind, key }: RowName): string {
    return this.folder(kind) + key
  }

  rowName(key: string): RowName | undefined {
    const kind = KINDS.find((each) => key.startsWith(this.folder(each)))
    return kind && { kind, key: key.slice(this.folder(kind).length) }
  }
}
