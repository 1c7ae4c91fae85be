import { abortable } from '../async/abortable.ts'
import { handleRejection } from '../async/call-safely.ts'
import { childOf } from '../async/signals.ts'
import type { ItemLookup } from '../model/change-set.ts'
import { checkSourceResult } from '../model/check-source-result.ts'
import type { SourceResult } from '../model/source-result.ts'
import { basisFor } from '../selector/basis.ts'
import type { Selector } from '../selector/selector.ts'
import type { MemoryStore } from '../store/memory-store.ts'

/** A source of either port, as the data system opens it. */
export interface Source {
  readonly name: string
  readonly selectorScope?: string
  readonly availability?: 'cached'
  readonly start: (
    basis: Selector | undefined,
    signal: AbortSignal,
    held: ItemLookup,
  ) => AsyncIterable<SourceResult>
}

/** What a source says of itself, apart from what it does. */
export function identityOf(source: Omit<Source, 'start'>): Omit<Source, 'start'> {
  const { name, selectorScope, availability } = source
  return {
    name,
    ...(selectorScope !== undefined && { selectorScope }),
    ...(availability && { availability }),
  }
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
  const held: ItemLookup = (kind, key) => store.get(kind, key)?.object
  const results = begin(source, basisFor(store.selector, source.selectorScope), signal, held)
  return { source, openedAt, results, signal, close: () => end() }
}

/** A source made by hand may throw where it should fail: that is the first thing it says then (S3). */
function begin(
  source: Source,
  basis: Selector | undefined,
  signal: AbortSignal,
  held: ItemLookup,
): AsyncIterator<SourceResult> {
  try {
    const results = source.start(basis, signal, held)
    // An async function instead of an async generator: nothing would handle its rejection.
    handleRejection(results, () => {})
    return abortable(results, signal, checkSourceResult)
  } catch (error) {
    return abortable(failing(error), signal)
  }
}

async function* failing(error: unknown): AsyncGenerator<never> {
  yield* await Promise.reject<never[]>(error)
}
