import type { Undo } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { Queue } from '../async/queue.ts'
import type { Initializer } from '../initializers/initializer.ts'
import type {
  AppliedChangeSet,
  Change,
  ChangeSet,
  DeleteChange,
  FullChangeSet,
  ItemKind,
  PutChange,
} from '../model/change-set.ts'
import { copyOf } from '../model/exposed.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { SourceResult } from '../model/source-result.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'

/** A flag as a test writes it. Its version may be left out: versions grow by themselves with every change. */
export type TestFlag = Flag & { readonly key: string }
export type TestSegment = Segment & { readonly key: string }

export interface TestDataOptions {
  /** Default none. */
  readonly flags?: readonly TestFlag[]
  /** Default none. */
  readonly segments?: readonly TestSegment[]
}

/**
 * Flags and segments that a test owns. Each call that changes something is one transaction. Serves as the source of
 * data systems, of several at once, and as what a scripted origin holds.
 */
export class TestData {
  /** The last word on each item; tombstones stay, so that a key which returns has a version above them. */
  readonly #last = new Map<string, Change>()
  readonly #listeners = new Listeners<AppliedChangeSet>(rethrow)

  constructor(options: TestDataOptions = {}) {
    refuseUnknownNames('TestData', options, ['flags', 'segments'])
    const { flags = [], segments = [] } = options
    this.set(...flags)
    this.setSegment(...segments)
  }

  /** Adds flags, or replaces those of the same key. A version that is not above the last one is raised. */
  set(...flags: readonly TestFlag[]): void {
    this.#commit(flags.map((flag) => this.#put('flag', flag)))
  }

  /** Adds or replaces a flag that is on and serves this value to everybody. */
  flagValue(key: string, value: unknown): void {
    this.set({
      key,
      on: true,
      variations: [value],
      fallthrough: { variation: 0 },
      offVariation: 0,
      salt: key,
    })
  }

  /** Deletes flags; a key that is not there is left alone. */
  delete(...keys: readonly string[]): void {
    this.#commit(this.#deletes('flag', keys))
  }

  /** Adds segments, or replaces those of the same key. */
  setSegment(...segments: readonly TestSegment[]): void {
    this.#commit(segments.map((segment) => this.#put('segment', segment)))
  }

  /** Deletes segments; a key that is not there is left alone. */
  deleteSegment(...keys: readonly string[]): void {
    this.#commit(this.#deletes('segment', keys))
  }

  /** Everything as it is now. Names no selector: nobody can resume from test data (D12). */
  full(): FullChangeSet {
    return { type: 'full', changes: this.#puts() }
  }

  /** Calls back for each transaction from now on. */
  subscribe(tell: (changeSet: AppliedChangeSet) => void): Undo {
    return this.#listeners.add(tell)
  }

  /** A source named `test data initializer`: gives the present data, and ends. */
  initializer(): Initializer {
    return testDataInitializer(this)
  }

  /** A source named `test data`: gives the present data each time it is opened, then each transaction as a delta. */
  synchronizer(): Synchronizer {
    return testDataSynchronizer(this)
  }

  #commit(changes: readonly Change[]): void {
    if (changes.length === 0) return
    for (const change of changes) this.#last.set(idOf(change), change)
    this.#listeners.emit({ type: 'partial', changes })
  }

  #put(kind: ItemKind, object: TestFlag | TestSegment): PutChange {
    const { key } = object
    const version = Math.max(object.version ?? 1, this.#next({ kind, key }))
    return { op: 'put', kind, key, version, object: { ...copyOf(object), version } }
  }

  #deletes(kind: ItemKind, keys: readonly string[]): DeleteChange[] {
    return keys
      .filter((key) => this.#last.get(idOf({ kind, key }))?.op === 'put')
      .map((key) => ({ op: 'delete', kind, key, version: this.#next({ kind, key }) }))
  }

  #puts(): PutChange[] {
    return [...this.#last.values()].filter((change) => change.op === 'put')
  }

  #next(item: Named): number {
    return (this.#last.get(idOf(item))?.version ?? 0) + 1
  }
}

interface Named {
  readonly kind: ItemKind
  readonly key: string
}

function idOf({ kind, key }: Named): string {
  return `${kind}/${key}`
}

function testDataInitializer(data: TestData): Initializer {
  return {
    name: 'test data initializer',
    async *fetch(): AsyncGenerator<SourceResult> {
      yield resultOf(data.full())
    },
  }
}

function testDataSynchronizer(data: TestData): Synchronizer {
  return {
    name: 'test data',
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      if (signal.aborted) return
      const later = new Queue<SourceResult>()
      const unsubscribe = data.subscribe((changeSet) => later.push(resultOf(changeSet)))
      const end = (): void => later.close()
      signal.addEventListener('abort', end)
      try {
        yield resultOf(data.full())
        yield* later
      } finally {
        signal.removeEventListener('abort', end)
        unsubscribe()
      }
    },
  }
}

function resultOf(changeSet: ChangeSet): SourceResult {
  return { type: 'changeSet', changeSet }
}
