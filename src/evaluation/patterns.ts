import type { ChangeSet } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { loadPatternEngine, needsPatternEngine } from './pattern-engine.ts'

/** Loads the pattern engine: before data that needs it takes effect, because a synchronous evaluation cannot wait for it. */
export class Patterns {
  readonly #logger: Logger
  readonly #warned = new WarnOnce()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Returns a promise that resolves when the change set can take effect, or undefined if it can at once. Never rejects. */
  readonly prepare = (changeSet: ChangeSet): Promise<void> | undefined =>
    needsPatternEngine(changeSet) ? this.load() : undefined

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
