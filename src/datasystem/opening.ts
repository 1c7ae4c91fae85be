import { abortable } from '../async/abortable.ts'
import { childOf } from '../async/child-signal.ts'
import type { SourceResult } from '../model/source-result.ts'
import { basisFor } from '../selector/basis.ts'
import type { Selector } from '../selector/selector.ts'
import type { MemoryStore } from '../store/memory-store.ts'

/** A source of either port, as the data system opens it. */
export interface Source {
  readonly name: string
  readonly selectorScope?: string
  readonly start: (basis: Selector | undefined, signal: AbortSignal) => AsyncIterable<SourceResult>
}

/** A source that was started, and its results as they come. Ends when closed, even if the source is deaf. */
export interface Opening {
  readonly source: Source
  /** The transaction memory had reached when the source was started. */
  readonly openedAt: number
  readonly results: AsyncIterator<SourceResult>
  readonly signal: AbortSignal
  readonly close: () => void
}

export function open(source: Source, store: MemoryStore, parent: AbortSignal): Opening {
  const openedAt = store.revision
  const { signal, end } = childOf(parent)
  const results = abortable(source.start(basisFor(store.selector, source.selectorScope), signal), signal)
  return { source, openedAt, results, signal, close: () => end() }
}
