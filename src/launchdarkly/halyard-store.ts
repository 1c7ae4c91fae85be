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

/**
 * The kind under which the update processor announces changed flags. `get` returns null for it, so the SDK finds no earlier
 * version and notifies its listeners.
 */
export const ANNOUNCEMENT: DataKind = { namespace: 'features' }

/**
 * A read-only feature store over a data system. Writes of the SDK have no effect, because the data system already has the data
 * when it notifies the SDK.
 */
export class HalyardStore implements LDFeatureStore {
  readonly #dataSystem: DataSystem
  readonly #logger: Logger
  readonly #copies: SdkCopies
  /** Lists of all objects, cached for each state of the data, because each evaluation of all flags reads the list. */
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
    callback(hasDataInMemory(this.#dataSystem))
  }

  /** Returns the `environmentId` for hooks of the SDK, or `undefined` until the service has sent it. */
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
      this.#logger.error(`closing the data system failed: ${errorText(error)}`)
    })
  }

  #item(kind: DataKind, key: string): Item | undefined {
    const object = kind.namespace === 'segments' ? this.#dataSystem.segment(key) : this.#dataSystem.flag(key)
    if (typeof object?.version === 'number') return { key, version: object.version, object }
    // Only the snapshot has the version of the envelope (D11). After a change, building it takes time linear in the flags.
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

/** Returns true if memory contains the data. The SDK reads synchronously, so data in a database does not count. */
export function hasDataInMemory({ initialized, lazy }: Pick<DataSystem, 'initialized' | 'lazy'>): boolean {
  return initialized && (lazy === undefined || lazy.fills === 'with the service')
}

/**
 * Copies of flags and segments in the form that the SDK evaluates: without nulls, with parsed attribute references. The SDK
 * changes objects in place, so it gets copies. Each is created when it is first read and is garbage with its original.
 */
class SdkCopies {
  readonly #copies = new WeakMap<Item['object'], LDFeatureStoreItem | null>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Returns the copy, or `null` if the SDK cannot read the object, which is logged once. */
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
      this.#logger.error(`the SDK cannot read the ${kind} "${key}"; left out: ${errorText(error)}`)
      return null
    }
  }
}
