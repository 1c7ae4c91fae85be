import type { Listeners } from '../async/listeners.ts'
import type { Applied, AppliedChangeSet, ChangedKeys } from '../model/change-set.ts'
import { changedKeys } from '../store/changed-keys.ts'
import { Dependents, type ItemReader } from '../store/dependents.ts'
import type { MemoryStore } from '../store/memory-store.ts'

/** A transaction that is in memory, and the telling of it. */
export interface Transaction {
  readonly applied: Applied
  /** Tells listeners which keys changed, if any did and anyone listens. */
  readonly announce: () => void
}

/** Where readers read, as long as that is not memory. */
export interface Elsewhere {
  /** What they saw there. */
  seen(): ItemReader | undefined
  /** Memory is filled: from now on they read there. */
  leave(): void
}

/** Finds out what a transaction changed, as long as anyone wants to know (D24). */
export class ChangeNotifier {
  readonly #listeners: Listeners<ChangedKeys>
  readonly #elsewhere: Elsewhere
  #dependents: Dependents | undefined

  constructor(listeners: Listeners<ChangedKeys>, elsewhere: Elsewhere) {
    this.#listeners = listeners
    this.#elsewhere = elsewhere
  }

  apply(store: MemoryStore, changeSet: AppliedChangeSet): Transaction {
    if (this.#listeners.size === 0) {
      this.#dependents = undefined
      const applied = store.apply(changeSet)
      this.#elsewhere.leave()
      return { applied, announce() {} }
    }
    const changed = changedKeys(this.#elsewhere.seen() ?? store, changeSet)
    const applied = store.apply(changeSet)
    this.#elsewhere.leave()
    if (this.#dependents) this.#dependents.update(changed, store)
    else this.#dependents = new Dependents(store)
    const touched = this.#dependents.expand(changed)
    return {
      applied,
      announce: () => {
        if (touched.flags.size + touched.segments.size > 0) this.#listeners.emit(touched)
      },
    }
  }
}
