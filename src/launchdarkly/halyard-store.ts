import {
  deserializePoll,
  type LDFeatureStore,
  type LDFeatureStoreItem,
  type LDFeatureStoreKindData,
} from '@launchdarkly/node-server-sdk'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Item, ItemKind, Snapshot } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'

type DataKind = Parameters<LDFeatureStore['get']>[0]

/** What changed is announced under this kind. Of its flags the SDK is told that there were none before. */
export const ANNOUNCEMENT: DataKind = { namespace: 'features' }

/**
 * The store of an SDK, which reads what a data system holds. Nothing is ever written to it: the data system has
 * everything before the SDK hears of it.
 */
export class HalyardStore implements LDFeatureStore {
  readonly #dataSystem: DataSystem
  readonly #logger: Logger
  readonly #copies: SdkCopies
  /** Evaluating all flags asks for the list each time; it is made once for each state of the data. */
  readonly #lists = new WeakMap<ReadonlyMap<string, Item>, LDFeatureStoreKindData>()

  constructor(dataSystem: DataSystem, logger: Logger) {
    this.#dataSystem = dataSystem
    this.#logger = logger
    this.#copies = new SdkCopies(logger)
  }

  get(kind: DataKind, key: string, callback: (item: LDFeatureStoreItem | null) => void): void {
    const item = kind === ANNOUNCEMENT ? undefined : this.#item(kind, key)
    callback(item ? this.#copy(kind, item) : null)
  }

  all(kind: DataKind, callback: (items: LDFeatureStoreKindData) => void): void {
    const items = this.#items(kind)
    let list = this.#lists.get(items)
    if (!list) {
      list = this.#list(kind, items)
      this.#lists.set(items, list)
    }
    callback(list)
  }

  init(_data: unknown, callback: () => void): void {
    callback()
  }

  upsert(_kind: DataKind, _item: unknown, callback: () => void): void {
    callback()
  }

  delete(_kind: DataKind, _key: string, _version: number, callback: () => void): void {
    callback()
  }

  initialized(callback: Parameters<LDFeatureStore['initialized']>[0]): void {
    callback(isHolding(this.#dataSystem))
  }

  /** Returns what the SDK hands to hooks as `environmentId`; `undefined` until the service has named the environment. */
  getInitMetaData(): ReturnType<NonNullable<LDFeatureStore['getInitMetaData']>> {
    const { environmentId } = this.#dataSystem
    return environmentId === undefined ? undefined : { environmentId }
  }

  getDescription(): string {
    return 'Halyard'
  }

  /** Closes the data system. */
  close(): void {
    this.#dataSystem.close().catch((error: unknown) => {
      this.#logger.error(`the data system did not close in good order: ${errorText(error)}`)
    })
  }

  #item(kind: DataKind, key: string): Item | undefined {
    const object = kind.namespace === 'segments' ? this.#dataSystem.segment(key) : this.#dataSystem.flag(key)
    if (typeof object?.version === 'number') return { key, version: object.version, object }
    // Only the list knows the version of the envelope (D11), and after a change it costs as much as there are flags.
    return object && this.#items(kind).get(key)
  }

  #items({ namespace }: DataKind): Snapshot['flags'] {
    const { flags, segments } = this.#dataSystem.snapshot()
    return namespace === 'segments' ? segments : flags
  }

  #copy({ namespace }: DataKind, item: Item): LDFeatureStoreItem | null {
    return this.#copies.of(namespace === 'segments' ? 'segment' : 'flag', item)
  }

  #list(kind: DataKind, items: ReadonlyMap<string, Item>): LDFeatureStoreKindData {
    // Without a prototype, `__proto__` is a key like any other.
    const list: LDFeatureStoreKindData = Object.create(null)
    for (const [key, item] of items) {
      const copy = this.#copy(kind, item)
      if (copy) list[key] = copy
    }
    return list
  }
}

/** Whether there is data, and in memory: the SDK cannot wait for a database that is to be read first. */
export function isHolding({ initialized, lazy }: Pick<DataSystem, 'initialized' | 'lazy'>): boolean {
  return initialized && (lazy === undefined || lazy.fills === 'with the service')
}

/**
 * Flags and segments as the SDK makes them of the wire: without nulls, with parsed attribute references. The SDK
 * changes objects in place, so it gets copies; each is made when it is first asked for, and goes with its original.
 */
class SdkCopies {
  readonly #copies = new WeakMap<Item['object'], LDFeatureStoreItem | null>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** `null` when the SDK cannot read the object; said once in the log. */
  of(kind: ItemKind, item: Item): LDFeatureStoreItem | null {
    let copy = this.#copies.get(item.object)
    if (copy === undefined) {
      copy = this.#copy(kind, item)
      this.#copies.set(item.object, copy)
    }
    return copy
  }

  #copy(kind: ItemKind, { key, version, object }: Item): LDFeatureStoreItem | null {
    try {
      const read = deserializePoll(JSON.stringify({ [`${kind}s`]: { item: { key, ...object, version } } }))
      return read?.[`${kind}s`].item ?? null
    } catch (error) {
      this.#logger.error(`the SDK cannot read the ${kind} "${key}", which is left out: ${errorText(error)}`)
      return null
    }
  }
}
