import type { ItemLookup } from '../model/change-set.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Selector } from '../selector/selector.ts'

/** A source that keeps the data current. */
export interface Synchronizer {
  /** Name of the source in the status and in log lines. */
  readonly name: string
  /** The source receives only selectors of the same scope as basis. Default: the scope that the sources of a plan share. */
  readonly selectorScope?: string
  /** The availability of its data. Default `refreshed`; use `cached` for copies of unknown age. */
  readonly availability?: 'cached'
  /**
   * Retries a permanent failure by the rule of FDv1: after 5 min, doubling to 1 h, less up to half at random, but not before
   * `leastMs` milliseconds. Default: after 10 min, doubling to 1 h, plus up to a quarter at random.
   */
  readonly fdv1Retry?: { readonly leastMs: number }
  /**
   * Yields results until the signal aborts, or until a `terminalError`. The source tracks its own progress after the basis,
   * and it retries by itself: each failure is a result, not an exception.
   *
   * @param basis - the state of the data in memory; `undefined` if it has no selector.
   * @param held - looks up items in memory, for servers that send how items differ.
   */
  sync(basis: Selector | undefined, signal: AbortSignal, held?: ItemLookup): AsyncIterable<SourceResult>
}
