import type { Clock } from '../../async/clock.ts'
import type {
  Applied,
  AppliedChangeSet,
  Change,
  Item,
  ItemKind,
  ItemLookup,
  PutChange,
  Sink,
  Snapshot,
} from '../../model/change-set.ts'
import { overriddenState } from '../../selector/content-names.ts'
import type { Selector } from '../../selector/selector.ts'
import { ContentState, contentDigest, versionDigest } from './content-state.ts'
import type { FileRevision } from './file-items.ts'

export interface OverrideLayerOptions {
  readonly clock: Clock
  /** Returns the data below, without overrides. */
  readonly base: () => Snapshot | undefined
  /** Receives the data with overrides. */
  readonly target: Sink
}

/** An item that was overridden, and has a greater version than the one below since then. */
interface RestoredItem {
  readonly version: number
  /** Undefined if the item does not exist below. */
  readonly digest: bigint | undefined
}

/**
 * Lays the flags and segments of files over the data of an environment, between its data system and its server. It holds the data back
 * until the files have been read once. An item keeps the greater version that it received by an override, because SDKs would ignore
 * the one below.
 */
export class OverrideLayer implements Sink {
  readonly #options: OverrideLayerOptions
  #revision: FileRevision | undefined
  readonly #restored = new Map<string, RestoredItem>()
  #selector: Selector | undefined
  #over: { readonly base: Snapshot; readonly snapshot: Snapshot } | undefined

  constructor(options: OverrideLayerOptions) {
    this.#options = options
  }

  /** Receives data from below, after {@link OverrideLayerOptions.base} has it. */
  accept({ changeSet, selector, ...rest }: Applied): void {
    this.#selector = selector
    this.#over = undefined
    if (!this.#revision) return
    const { type } = changeSet
    const changes = changeSet.changes.flatMap((change) => this.#servedOf(change) ?? [])
    if (type === 'full') changes.push(...this.#overrides())
    this.#emit({ type, changes }, rest)
  }

  /** Replaces the overrides. The changes of the revision are those since the one before. */
  override(revision: FileRevision): void {
    const { base } = this.#options
    const isFirst = this.#revision === undefined
    this.#revision = revision
    this.#over = undefined
    const below = base()
    if (isFirst) {
      if (below)
        this.accept({ changeSet: { type: 'full', changes: putsOf(below) }, selector: below.selector })
      return
    }
    const changes = revision.changes.map((change) => this.#replaced(change, below))
    if (below && changes.length > 0) this.#emit({ type: 'partial', changes }, {})
  }

  /** Returns the data with overrides, or undefined while the files have not been read. */
  over(base: Snapshot): Snapshot | undefined {
    const revision = this.#revision
    if (!revision) return undefined
    if (this.#isTransparent) return base
    if (this.#over?.base !== base) {
      const selector = this.#named(base.selector)
      const snapshot = { flags: this.#mapOf('flag', base), segments: this.#mapOf('segment', base), selector }
      this.#over = { base, snapshot }
    }
    return this.#over.snapshot
  }

  /** Returns true if a file replaces the item. */
  has(kind: ItemKind, key: string): boolean {
    return this.#revision?.items.has(idOf({ kind, key })) ?? false
  }

  /** Returns an object with the version that clients may have of an item, or of its deletion, while it is not overridden. */
  readonly held: ItemLookup = (kind, key) => {
    const base = this.#options.base()
    const object = (kind === 'flag' ? base?.flags : base?.segments)?.get(key)?.object
    const restored = this.#restored.get(idOf({ kind, key }))
    return restored ? { ...object, version: restored.version } : object
  }

  get #isTransparent(): boolean {
    return this.#revision?.items.size === 0 && this.#restored.size === 0
  }

  #emit(changeSet: AppliedChangeSet, rest: Omit<Applied, 'changeSet' | 'selector'>): void {
    this.#options.target.accept({ ...rest, changeSet, selector: this.#named(this.#selector) })
  }

  /** Returns the name of the state below with these overrides. Data without a selector has no name either. */
  #named(selector: Selector | undefined): Selector | undefined {
    if (!selector || this.#isTransparent) return selector
    const state = new ContentState()
    for (const { digest } of this.#revision?.items.values() ?? []) state.toggle(digest)
    for (const [id, { version }] of this.#restored) state.toggle(versionDigest(id, version))
    return { ...selector, state: overriddenState(selector.state, state.name) }
  }

  #overrides(): readonly PutChange[] {
    return Array.from(this.#revision?.items.values() ?? [], ({ change }) => change)
  }

  /** Returns a change of the data below as clients receive it; undefined if they do not, because the item is overridden. */
  #servedOf(change: Change): Change | undefined {
    const id = idOf(change)
    if (this.#revision?.items.has(id)) return undefined
    const restored = this.#restored.get(id)
    if (!restored) return change
    const digest = change.op === 'put' ? contentDigest(change.kind, change.key, change.object) : undefined
    if (change.version > restored.version) {
      this.#restored.delete(id)
      return change
    }
    const version = digest === restored.digest ? restored.version : this.#after(restored.version)
    this.#restored.set(id, { version, digest })
    return withVersion(change, version)
  }

  /** Returns a change of the overrides as clients receive it: the end of an override restores the item below. */
  #replaced(change: Change, below: Snapshot | undefined): Change {
    const { kind, key } = change
    const id = idOf(change)
    if (change.op === 'put') {
      this.#restored.delete(id)
      return change
    }
    const item = (kind === 'flag' ? below?.flags : below?.segments)?.get(key)
    const version = Math.max(change.version, item?.version ?? 0)
    this.#restored.set(id, { version, digest: item && contentDigest(kind, key, item.object) })
    return item ? withVersion({ ...item, op: 'put', kind }, version) : change
  }

  #mapOf(kind: ItemKind, base: Snapshot): ReadonlyMap<string, Item> {
    const merged = new Map(kind === 'flag' ? base.flags : base.segments)
    for (const [id, { version }] of this.#restored) {
      const key = keyIn(id, kind)
      const item = key === undefined ? undefined : merged.get(key)
      if (item) merged.set(item.key, { ...item, version, object: { ...item.object, version } })
    }
    for (const { change } of this.#revision?.items.values() ?? [])
      if (change.kind === kind) merged.set(change.key, change)
    return merged
  }

  #after(version: number): number {
    return Math.max(version + 1, Math.floor(this.#options.clock.now() / 1_000))
  }
}

function idOf({ kind, key }: Pick<Change, 'kind' | 'key'>): string {
  return `${kind}/${key}`
}

function keyIn(id: string, kind: ItemKind): string | undefined {
  return id.startsWith(`${kind}/`) ? id.slice(kind.length + 1) : undefined
}

function withVersion(change: Change, version: number): Change {
  return change.op === 'put'
    ? { ...change, version, object: { ...change.object, version } }
    : { ...change, version }
}

function putsOf({ flags, segments }: Snapshot): PutChange[] {
  return [
    ...Array.from(flags.values(), (item): PutChange => ({ ...item, op: 'put', kind: 'flag' })),
    ...Array.from(segments.values(), (item): PutChange => ({ ...item, op: 'put', kind: 'segment' })),
  ]
}
