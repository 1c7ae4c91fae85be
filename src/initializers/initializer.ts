import type { ItemLookup } from '../model/change-set.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Selector } from '../selector/selector.ts'

/** Brings data once, at the start. */
export interface Initializer {
  readonly name: string
  /** Echo only a selector of the same scope (D12). Default: the scope all sources of a plan share. */
  readonly selectorScope?: string
  /** How good its data is, when it can be resumed from. Default `refreshed`; `cached` is for copies of unknown age. */
  readonly availability?: 'cached'
  /**
   * One attempt from the given basis: results until it has said everything, failed, or the signal aborts.
   * Failure is a result, not an exception.
   */
  fetch(basis: Selector | undefined, signal: AbortSignal, held?: ItemLookup): AsyncIterable<SourceResult>
}
