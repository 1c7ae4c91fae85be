import type { Initializer } from '../initializers/initializer.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'

/** Returns an initializer whose code is loaded when it runs. */
export function initializerOnDemand(name: string, load: () => Promise<Initializer>): Initializer {
  return {
    name,
    async *fetch(basis, signal) {
      yield* (await load()).fetch(basis, signal)
    },
  }
}

/** Returns a synchronizer whose code is loaded when its first turn begins, and which is the same one in later turns. */
export function synchronizerOnDemand(name: string, load: () => Promise<Synchronizer>): Synchronizer {
  let source: Synchronizer | undefined
  return {
    name,
    async *sync(basis, signal, held) {
      source ??= await load()
      yield* source.sync(basis, signal, held)
    },
  }
}
