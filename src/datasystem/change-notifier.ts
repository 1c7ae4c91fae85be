import type { Listeners } from '../async/listeners.ts'
import type { Applied, AppliedChangeSet, ChangedKeys } from '../model/change-set.ts'
import { changedKeys } from '../store/changed-keys.ts'
import { Dependents, type ItemReader } from '../store/dependents.ts'
import type { MemoryStore } from '../store/memory-store.ts'

export interface Transaction {
  readonly applied: Applied
  /** Calls the change listeners, if any keys changed. */
  readonly announce: () => void
}

interface LazyPhase {
  /** Returns the items that were read so far; `undefined` if reads come from memory. */
  cachedItems(): ItemReader | undefined
  end(): void
}

/** Applies change sets to memory and computes which keys changed, if there are change listeners (D24). */
export class ChangeNotifier {
  readonly #listeners: Listeners<ChangedKeys>
  readonly #lazyPhase: LazyPhase
  #dependents: Dependents | undefined

  constructor(listeners: Listeners<ChangedKeys>, lazyPhase: LazyPhase) {
    this.#listeners = listeners
    this.#lazyPhase = lazyPhase
  }

  apply(store: MemoryStore, changeSet: AppliedChangeSet): Transaction {
    if (this.#listeners.size === 0) {
      this.#dependents = undefined
      const applied = store.apply(changeSet)
      this.#lazyPhase.end()
      return { applied, announce() {} }
    }
    const changed = changedKeys(this.#lazyPhase.cachedItems() ?? store, changeSet)
    const applied = store.apply(changeSet)
    this.#lazyPhase.end()
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
