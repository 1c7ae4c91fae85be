import {
  itemsNeedPatternEngine,
  loadPatternEngine,
  needsPatternEngine,
} from '../evaluation/pattern-engine.ts'
import type { ChangeSet } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { Listing } from '../store/lazy/cached-listing.ts'

/** Loads the pattern engine before data that needs it is evaluated, because a synchronous evaluation cannot wait for it. */
export class Patterns {
  readonly #logger: Logger
  readonly #warned = new WarnOnce()
  /** Listings that were searched already, because a listing is cached and a search of 10,000 flags takes 10 ms. */
  readonly #withoutPatterns = new WeakSet<Listing>()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Returns a promise that resolves when the change set can take effect, or undefined if it can at once. Never rejects. */
  readonly prepare = (changeSet: ChangeSet): Promise<void> | undefined =>
    needsPatternEngine(changeSet) ? this.load() : undefined

  /** Resolves when the items of a database can be evaluated. Never rejects. */
  async prepareListing(listing: Listing): Promise<void> {
    if (this.#withoutPatterns.has(listing)) return
    if (itemsNeedPatternEngine([...listing.flag.values(), ...listing.segment.values()])) await this.load()
    else this.#withoutPatterns.add(listing)
  }

  /** Loads the engine. A failure is logged once; flags that need the engine then have an error as their reason. */
  async load(): Promise<void> {
    try {
      await loadPatternEngine()
    } catch (error) {
      if (!this.#warned.isFirst()) return
      this.#logger.warn(
        `the pattern engine could not be loaded (${String(error)}): flags and segments with the operator "matches" ` +
          'cannot be evaluated, and the fallback value is returned. Install halyard with its dependencies; in a bundle, ' +
          'include its dynamic imports',
      )
    }
  }
}
