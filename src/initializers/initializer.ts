import type { ItemLookup } from '../model/change-set.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Selector } from '../selector/selector.ts'

/** A source that is run once, at the start. */
export interface Initializer {
  /** Name of the source in the status and in log lines. */
  readonly name: string
  /** The source receives only selectors of the same scope as basis. Default: the scope that the sources of a plan share. */
  readonly selectorScope?: string
  /** The availability of data with a selector. Default `refreshed`; use `cached` for copies of unknown age. */
  readonly availability?: 'cached'
  /**
   * Makes one attempt and yields its results until the data is complete, the attempt has failed, or the signal aborts. A
   * failure is a result, not an exception.
   *
   * @param basis - the state of the data in memory; `undefined` if it has no selector.
   * @param held - looks up items in memory, for servers that send how items differ.
   */
  fetch(basis: Selector | undefined, signal: AbortSignal, held?: ItemLookup): AsyncIterable<SourceResult>
}
