import type { ItemLookup } from '../model/change-set.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Selector } from '../selector/selector.ts'

/** Keeps data current. */
export interface Synchronizer {
  readonly name: string
  /** Echo only a selector of the same scope (D12). Default: the scope all sources of a plan share. */
  readonly selectorScope?: string
  /** How good its data is. Default `refreshed`; `cached` is for copies of unknown age. */
  readonly availability?: 'cached'
  /**
   * Results until the signal aborts or a `terminalError` ends them. Opened at a basis; the source remembers
   * how far it got, nobody tells it. It retries by itself, reporting each failure as a result. What is held it may
   * look at where its server tells only how that differs (D19).
   */
  sync(basis: Selector | undefined, signal: AbortSignal, held?: ItemLookup): AsyncIterable<SourceResult>
}
