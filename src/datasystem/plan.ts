import type { Initializer } from '../initializers/initializer.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'

/** Which sources bring data, in order of preference. */
export interface Plan {
  /** Tried once each, in order, until one brings data that can be resumed from. */
  readonly initializers: readonly Initializer[]
  /** One is active at a time; the first is preferred, the others stand in for it. */
  readonly synchronizers: readonly Synchronizer[]
  /** What takes over while the server orders FDv1 (D8). */
  readonly fdv1: readonly Synchronizer[]
}
