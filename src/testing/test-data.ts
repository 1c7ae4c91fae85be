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

/** A flag of test data. Without a version it gets the next one. */
export type TestFlag = Flag & { readonly key: string }
/** A segment of test data. Without a version it gets the next one. */
export type TestSegment = Segment & { readonly key: string }

/** Options of test data. */
export interface TestDataOptions {
  /** The flags at the start. Default: none. */
  readonly flags?: readonly TestFlag[]
  /** The segments at the start. Default: none. */
  readonly segments?: readonly TestSegment[]
}

/**
 * Flags and segments that a test changes. Each call is one change set. It can be the source of several data systems, and
 * the data of a scripted origin.
 *
 * @example
 * ```ts
 * const data = new TestData()
 * data.flagValue('dark-mode', true)
 * const client = createClient('sdk-key', { dataSystem: { initializers: [], synchronizers: [data.synchronizer()] } })
 * await client.waitForInitialization()
 * await client.boolVariation('dark-mode', { kind: 'user', key: 'u-1' }, false) // true
 * await client.close()
 * ```
 */
export class TestData {
  /** The last change of each item. Tombstones stay, so that an item that is added again gets a higher version. */
  readonly #last = new Map<string, Change>()
  readonly #listeners = new Listeners<AppliedChangeSet>(rethrow)

  /** Creates data with these flags and segments. */
  constructor(options: TestDataOptions = {}) {
    refuseUnknownNames('TestData', options, ['flags', 'segments'])
    const { flags = [], segments = [] } = options
    this.set(...flags)
    this.setSegment(...segments)
  }

  /** Adds or replaces flags. A version that is not higher than the last one is raised. */
  set(...flags: readonly TestFlag[]): void {
    this.#commit(flags.map((flag) => this.#put('flag', flag)))
  }

  /** Adds or replaces a flag that returns this value for all contexts. */
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

  /** Deletes flags. Unknown keys are ignored. */
  delete(...keys: readonly string[]): void {
    this.#commit(this.#deletes('flag', keys))
  }

  /** Adds or replaces segments. A version that is not higher than the last one is raised. */
  setSegment(...segments: readonly TestSegment[]): void {
    this.#commit(segments.map((segment) => this.#put('segment', segment)))
  }

  /** Deletes segments. Unknown keys are ignored. */
  deleteSegment(...keys: readonly string[]): void {
    this.#commit(this.#deletes('segment', keys))
  }

  /** Returns the current data as a full change set, without a selector. */
  full(): FullChangeSet {
    return { type: 'full', changes: this.#puts() }
  }

  /** Calls `listener` with each change set from now on. Returns a function that ends this. */
  subscribe(listener: (changeSet: AppliedChangeSet) => void): Undo {
    return this.#listeners.add(listener)
  }

  /** Returns an initializer named `test data initializer` that yields the current data and ends. */
  initializer(): Initializer {
    return testDataInitializer(this)
  }

  /** Returns a synchronizer named `test data` that yields the current data and then each change set. */
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
