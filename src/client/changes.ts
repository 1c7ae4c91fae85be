import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ChangedKeys, Item, ItemKind } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { Overrides } from '../overrides/overrides.ts'
import { Dependents, type ItemReader } from '../store/dependents.ts'

export interface ChangesOptions {
  readonly dataSystem: Pick<DataSystem, 'on' | 'snapshot'>
  readonly overrides: Overrides | undefined
  readonly logger: Logger
}

/** The changes of the data that evaluations use: that of the data system, with overrides in front of it. */
export class Changes {
  readonly #dataSystem: ChangesOptions['dataSystem']
  readonly #overridden: OverriddenChanges | undefined

  constructor({ dataSystem, overrides, logger }: ChangesOptions) {
    this.#dataSystem = dataSystem
    this.#overridden = overrides && new OverriddenChanges(dataSystem, overrides, logger)
  }

  /**
   * Adds a listener of changed keys, which include flags that depend on a changed flag or segment. Returns a function that
   * removes it. Changes are computed only while there are listeners.
   */
  on(listener: (keys: ChangedKeys) => void): Undo {
    return this.#overridden ? this.#overridden.on(listener) : this.#dataSystem.on('change', listener)
  }
}

class OverriddenChanges implements ItemReader {
  readonly #dataSystem: ChangesOptions['dataSystem']
  readonly #overrides: Overrides
  readonly #listeners: Listeners<ChangedKeys>
  #subscription: Undo | undefined

  constructor(dataSystem: ChangesOptions['dataSystem'], overrides: Overrides, logger: Logger) {
    this.#dataSystem = dataSystem
    this.#overrides = overrides
    this.#listeners = new Listeners((error) => logger.error(`a listener threw: ${errorText(error)}`))
  }

  get(kind: ItemKind, key: string): Item | undefined {
    return this.#overrides.item(kind, key) ?? this.#live(kind).get(key)
  }

  all(kind: ItemKind): ReadonlyMap<string, Item> {
    return this.#overrides.over(kind, this.#live(kind))
  }

  on(listener: (keys: ChangedKeys) => void): Undo {
    const remove = this.#listeners.add(listener)
    this.#subscription ??= this.#subscribe()
    return () => {
      remove()
      if (this.#listeners.size > 0) return
      this.#subscription?.()
      this.#subscription = undefined
    }
  }

  #subscribe(): Undo {
    const dependents = new Dependents(this)
    const emit = (changed: ChangedKeys): void => {
      dependents.update(changed, this)
      const affected = dependents.expand(changed)
      if (affected.flags.size + affected.segments.size > 0) this.#listeners.emit(affected)
    }
    const undo = [
      // A change of an item that is overridden changes no evaluation.
      this.#dataSystem.on('change', ({ flags, segments }) =>
        emit({ flags: this.#without('flag', flags), segments: this.#without('segment', segments) }),
      ),
      this.#overrides.on(emit),
    ]
    return () => {
      for (const each of undo) each()
    }
  }

  #without(kind: ItemKind, keys: ReadonlySet<string>): ReadonlySet<string> {
    return new Set([...keys].filter((key) => !this.#overrides.has(kind, key)))
  }

  #live(kind: ItemKind): ReadonlyMap<string, Item> {
    const { flags, segments } = this.#dataSystem.snapshot()
    return kind === 'flag' ? flags : segments
  }
}
