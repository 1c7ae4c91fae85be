import { deserializePoll, type LDFeatureStoreItem } from '@launchdarkly/node-server-sdk'
import type { Item, Kind } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'

/**
 * Flags and segments as the SDK makes them of the wire: without nulls, with parsed attribute references. The SDK
 * changes objects in place, so it gets copies; each is made when it is first asked for, and goes with its original.
 */
export class SdkCopies {
  readonly #copies = new WeakMap<Item['object'], LDFeatureStoreItem | null>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** `null` when the SDK cannot read the object; said once in the log. */
  of(kind: Kind, item: Item): LDFeatureStoreItem | null {
    let copy = this.#copies.get(item.object)
    if (copy === undefined) {
      copy = this.#copy(kind, item)
      this.#copies.set(item.object, copy)
    }
    return copy
  }

  #copy(kind: Kind, { key, version, object }: Item): LDFeatureStoreItem | null {
    try {
      const read = deserializePoll(JSON.stringify({ [`${kind}s`]: { item: { key, ...object, version } } }))
      return read?.[`${kind}s`].item ?? null
    } catch (error) {
      this.#logger.error(`the SDK cannot read the ${kind} "${key}", which is left out: ${errorText(error)}`)
      return null
    }
  }
}
