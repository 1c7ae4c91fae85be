import type { Listeners } from '../async/listeners.ts'
import type { AppliedChangeSet } from '../model/change-set.ts'
import type { ChangedKeys } from '../model/changed-keys.ts'
import type { Applied } from '../model/sink.ts'
import { compare } from '../store/compare.ts'
import { Dependents, type ItemReader } from '../store/dependents.ts'
import type { MemoryStore } from '../store/memory-store.ts'

/** A transaction that is in memory, and the telling of it. */
export interface Transaction {
  readonly applied: Applied
  /** Tells listeners which keys changed, if any did and anyone listens. */
  readonly announce: () => void
}

/** Finds out what a transaction changed, as long as anyone wants to know (D24). */
export class ChangeNotifier {
  readonly #listeners: Listeners<ChangedKeys>
  #dependents: Dependents | undefined

  readonly #before: () => ItemReader | undefined

  /** @param before what readers saw, as long as that is not what memory held. */
  constructor(listeners: Listeners<ChangedKeys>, before: () => ItemReader | undefined) {
    this.#listeners = listeners
    this.#before = before
  }

  apply(store: MemoryStore, changeSet: AppliedChangeSet): Transaction {
    if (this.#listeners.size === 0) {
      this.#dependents = undefined
      return { applied: store.apply(changeSet), announce() {} }
    }
    const changed = compare(this.#before() ?? store, changeSet)
    const applied = store.apply(changeSet)
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
