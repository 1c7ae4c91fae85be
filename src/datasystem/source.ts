import { abortable, startingWith } from '../async/abortable.ts'
import { handleRejection } from '../async/call-safely.ts'
import { childOf } from '../async/signals.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type { ItemLookup } from '../model/change-set.ts'
import { checkSourceResult } from '../model/check-source-result.ts'
import type { SourceResult } from '../model/source-result.ts'
import { basisFor } from '../selector/basis.ts'
import type { Selector } from '../selector/selector.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'

/** An initializer or a synchronizer in the form in which the data system starts both. */
export interface Source extends SourceIdentity {
  /** The availability of the data depends on it (D14). */
  readonly role: 'initializer' | 'synchronizer'
  readonly start: (
    basis: Selector | undefined,
    signal: AbortSignal,
    held: ItemLookup,
  ) => AsyncIterable<SourceResult>
}

interface SourceIdentity {
  readonly name: string
  readonly selectorScope?: string
  readonly availability?: 'cached'
  readonly fdv1Retry?: { readonly leastMs: number }
}

export function initializerSource(initializer: Initializer): Source {
  const start: Source['start'] = (basis, signal, held) => initializer.fetch(basis, signal, held)
  return { ...identityOf(initializer), role: 'initializer', start }
}

export function synchronizerSource(synchronizer: Synchronizer): Source {
  const start: Source['start'] = (basis, signal, held) => synchronizer.sync(basis, signal, held)
  return { ...identityOf(synchronizer), role: 'synchronizer', start }
}

/** Copies the properties that describe a source, without those that are undefined. */
export function identityOf(source: SourceIdentity): SourceIdentity {
  const { name, selectorScope, availability, fdv1Retry } = source
  return {
    name,
    ...(selectorScope !== undefined && { selectorScope }),
    ...(availability && { availability }),
    ...(fdv1Retry && { fdv1Retry }),
  }
}

/** One run of a source, from its start until it is closed. Closing ends it even if the source ignores its signal. */
export class SourceRun {
  readonly source: Source
  readonly signal: AbortSignal
  readonly #store: MemoryStore
  readonly #startRevision: number
  readonly #end: () => void
  #results: AsyncIterator<SourceResult>

  constructor(source: Source, store: MemoryStore, parent: AbortSignal) {
    const { signal, end } = childOf(parent)
    this.source = source
    this.signal = signal
    this.#store = store
    this.#startRevision = store.revision
    this.#end = end
    this.#results = start(source, store, signal)
  }

  get isClosed(): boolean {
    return this.signal.aborted
  }

  get isStale(): boolean {
    return this.#startRevision !== this.#store.revision
  }

  /** Returns the next result; `done` if the source ended or the run is closed. Rejects if the source throws (S3). */
  next(): Promise<IteratorResult<SourceResult>> {
    return this.#results.next()
  }

  unread(result: SourceResult): void {
    this.#results = startingWith(result, this.#results)
  }

  close(): void {
    this.#end()
  }
}

function start(source: Source, store: MemoryStore, signal: AbortSignal): AsyncIterator<SourceResult> {
  const held: ItemLookup = (kind, key) => store.get(kind, key)?.object
  try {
    const results = source.start(basisFor(store.selector, source.selectorScope), signal, held)
    // A custom source may be an async function instead of an async generator. Its rejection needs a handler.
    handleRejection(results, () => {})
    return abortable(results, signal, checkSourceResult)
  } catch (error) {
    // A custom source may throw before it returns an iterable.
    return abortable(rejecting(error), signal)
  }
}

async function* rejecting(error: unknown): AsyncGenerator<never> {
  yield* await Promise.reject<never[]>(error)
}
