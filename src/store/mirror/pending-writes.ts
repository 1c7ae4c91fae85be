import { type AppliedChangeSet, type Change, type ItemKind, KINDS } from '../../model/change-set.ts'
import type { StoreWrite } from '../../model/persistent-store.ts'
import type { Selector } from '../../selector/selector.ts'
import type { DataLoss } from './check-stored-data.ts'

/** Something to write, and where the data stands once it is written. */
export interface WriteBatch {
  readonly type: StoreWrite['type']
  readonly changes: readonly Change[]
  readonly selector: Selector | undefined
}

type Changes = Readonly<Record<ItemKind, Map<string, Change>>>

/**
 * What has to happen to the database. `payload`: a full payload replaces everything. `doubt`: what the database holds is
 * unknown, and has to be compared first. `changes`: some rows are to be written.
 */
type PendingWork = 'nothing' | 'changes' | 'payload' | 'doubt'

/**
 * What a database is to hold: each object, and each tombstone since the last full payload. Shares its objects with memory.
 * Knows what has not been written yet, the last change of a key only.
 */
export class PendingWrites {
  #changes: Changes = { flag: new Map(), segment: new Map() }
  #unwritten: Changes = { flag: new Map(), segment: new Map() }
  #pending: PendingWork = 'nothing'
  /** Whether a full payload was applied that the database did not confirm yet. */
  #replaces = false
  #selector: Selector | undefined
  #held: 'nothing' | 'parts' | 'everything' = 'nothing'

  apply({ type, changes }: AppliedChangeSet, selector: Selector | undefined): void {
    this.#selector = selector
    if (type === 'full') {
      this.#held = 'everything'
      this.#changes = { flag: new Map(), segment: new Map() }
      this.#unwritten = { flag: new Map(), segment: new Map() }
      this.#pending = 'payload'
      this.#replaces = true
    } else {
      if (this.#held === 'nothing') this.#held = 'parts'
      if (this.#pending === 'nothing') this.#pending = 'changes'
    }
    for (const change of changes) {
      this.#changes[change.kind].set(change.key, change)
      if (this.#pending !== 'payload') this.#unwritten[change.kind].set(change.key, change)
    }
  }

  /** Marks everything as written: the database holds it already. */
  settle(): void {
    this.#replaces = false
    this.#taken()
  }

  /**
   * Marks the content of the database as unknown. A full payload that was not written yet stays one. Without a full
   * payload there is nothing to compare with: what is held is written again as a delta.
   */
  doubt(): void {
    if (this.#held === 'everything') {
      this.#unwritten = { flag: new Map(), segment: new Map() }
      this.#pending = this.#replaces ? 'payload' : 'doubt'
    } else if (this.#held === 'parts') {
      this.#pending = 'changes'
      this.#unwritten = { flag: new Map(this.#changes.flag), segment: new Map(this.#changes.segment) }
    }
  }

  /** Gives a full payload up as one that replaces everything: it counts as any other data that is held. */
  demote(): void {
    this.#replaces = false
    if (this.#pending === 'payload') this.#pending = 'doubt'
  }

  /** Notes that a comparison begins: only changes from now on are unknown to it. */
  compare(): void {
    if (this.#pending === 'doubt') this.#unwritten = { flag: new Map(), segment: new Map() }
  }

  /** Ends the doubt: the database holds everything but the changes since {@link compare}. */
  trust(): void {
    if (this.#pending !== 'doubt') return
    this.#replaces = false
    this.#pending = this.#unwritten.flag.size + this.#unwritten.segment.size > 0 ? 'changes' : 'nothing'
  }

  /** Notes that the database confirmed a batch. */
  confirm({ type }: WriteBatch): void {
    if (type === 'full' && this.#pending !== 'payload') this.#replaces = false
  }

  /** A full payload was applied. Without one nothing may be replaced by what is held. */
  get complete(): boolean {
    return this.#held === 'everything'
  }

  get pending(): PendingWork {
    return this.#pending
  }

  get selector(): Selector | undefined {
    return this.#selector
  }

  get(kind: ItemKind, key: string): Change | undefined {
    return this.#changes[kind].get(key)
  }

  *changes(): Generator<Change> {
    for (const kind of KINDS) yield* this.#changes[kind].values()
  }

  /** Returns what is to be written, which then counts as written; nothing while the content is in doubt. */
  take(): WriteBatch | undefined {
    const selector = this.#selector
    switch (this.#pending) {
      case 'nothing':
      case 'doubt':
        return undefined
      case 'payload':
        return this.#takeAll()
      case 'changes':
        return { type: 'delta', changes: this.#takeUnwritten(), selector }
      default:
        return this.#pending satisfies never
    }
  }

  /** Returns what a repair has to write, and what changed since it was found; with it everything counts as written. */
  takeRepair({ repair, lacking }: Pick<DataLoss, 'repair' | 'lacking'>): WriteBatch {
    if (repair === 'replace') return this.#takeAll()
    for (const { kind, key } of lacking) {
      const latest = this.get(kind, key)
      if (latest) this.#unwritten[kind].set(key, latest)
    }
    return { type: 'merge', changes: this.#takeUnwritten(), selector: this.#selector }
  }

  #takeAll(): WriteBatch {
    this.#taken()
    return { type: 'full', changes: [...this.changes()], selector: this.#selector }
  }

  #takeUnwritten(): readonly Change[] {
    const changes = KINDS.flatMap((kind) => [...this.#unwritten[kind].values()])
    this.#taken()
    return changes
  }

  #taken(): void {
    this.#pending = 'nothing'
    this.#unwritten = { flag: new Map(), segment: new Map() }
  }
}
