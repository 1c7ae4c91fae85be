import { type AppliedChangeSet, type Change, type ItemKind, KINDS } from '../../model/change-set.ts'
import type { StoreWrite } from '../../model/persistent-store.ts'
import type { Selector } from '../../selector/selector.ts'
import type { DataLoss } from './check-stored-data.ts'

export interface WriteBatch {
  readonly type: StoreWrite['type']
  readonly changes: readonly Change[]
  readonly selector: Selector | undefined
}

type Changes = Readonly<Record<ItemKind, Map<string, Change>>>

/**
 * The next task for the database. `changes`: write some rows. `payload`: replace everything with a full payload.
 * `comparison`: the content of the database is unknown, so compare it first.
 */
type PendingWork = 'nothing' | 'changes' | 'payload' | 'comparison'

/**
 * The intended content of a database (each item, and each tombstone since the last full payload), and the part of it that
 * is not written yet, with the last change of each key only. Shares its objects with memory.
 */
export class PendingWrites {
  #changes: Changes = { flag: new Map(), segment: new Map() }
  #unwritten: Changes = { flag: new Map(), segment: new Map() }
  #work: PendingWork = 'nothing'
  /** True from a full payload until the database has confirmed it. */
  #replaces = false
  #selector: Selector | undefined
  #content: 'none' | 'partial' | 'full' = 'none'
  #applied = 0

  apply({ type, changes }: AppliedChangeSet, selector: Selector | undefined): void {
    this.#selector = selector
    this.#applied++
    if (type === 'full') {
      this.#content = 'full'
      this.#changes = { flag: new Map(), segment: new Map() }
      this.#unwritten = { flag: new Map(), segment: new Map() }
      this.#work = 'payload'
      this.#replaces = true
    } else {
      if (this.#content === 'none') this.#content = 'partial'
      if (this.#work === 'nothing') this.#work = 'changes'
    }
    for (const change of changes) {
      this.#changes[change.kind].set(change.key, change)
      if (this.#work !== 'payload') this.#unwritten[change.kind].set(change.key, change)
    }
  }

  /** Requests a write even if no change is pending, because the sidecar must change. Before the first data it has no effect. */
  touch(): void {
    if (this.#work === 'nothing' && this.#content !== 'none') this.#work = 'changes'
  }

  markWritten(): void {
    this.#replaces = false
    this.#clear()
  }

  /**
   * Records that the content of the database is unknown. A full payload that is not written yet remains pending. Before the
   * first full payload there is nothing to compare with, so all changes are written again as a delta.
   */
  requireComparison(): void {
    if (this.#content === 'full') {
      this.#unwritten = { flag: new Map(), segment: new Map() }
      this.#work = this.#replaces ? 'payload' : 'comparison'
    } else if (this.#content === 'partial') {
      this.#work = 'changes'
      this.#unwritten = { flag: new Map(this.#changes.flag), segment: new Map(this.#changes.segment) }
    }
  }

  /** Turns a pending full payload into data to compare the database with, so that it does not replace later data. */
  demotePayload(): void {
    this.#replaces = false
    if (this.#work === 'payload') this.#work = 'comparison'
  }

  /** Records the start of a comparison, which covers everything except the changes from now on. */
  beginComparison(): void {
    if (this.#work === 'comparison') this.#unwritten = { flag: new Map(), segment: new Map() }
  }

  /** Records that the database holds everything except the changes since {@link beginComparison}. */
  endComparison(): void {
    if (this.#work !== 'comparison') return
    this.#replaces = false
    this.#work = this.#unwritten.flag.size + this.#unwritten.segment.size > 0 ? 'changes' : 'nothing'
  }

  confirm({ type }: WriteBatch): void {
    if (type === 'full' && this.#work !== 'payload') this.#replaces = false
  }

  /** True after the first full payload. Before it, no data may be replaced. */
  get isComplete(): boolean {
    return this.#content === 'full'
  }

  /** Number of change sets so far. */
  get applied(): number {
    return this.#applied
  }

  get work(): PendingWork {
    return this.#work
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

  /** Returns the changes to write and marks them as written; `undefined` if a comparison must come first. */
  take(): WriteBatch | undefined {
    const selector = this.#selector
    switch (this.#work) {
      case 'nothing':
      case 'comparison':
        return undefined
      case 'payload':
        return this.#takeAll()
      case 'changes':
        return { type: 'delta', changes: this.#takeUnwritten(), selector }
      default:
        return this.#work satisfies never
    }
  }

  takeRepair({ repair, lacking }: Pick<DataLoss, 'repair' | 'lacking'>): WriteBatch {
    if (repair === 'replace') return this.#takeAll()
    for (const { kind, key } of lacking) {
      const latest = this.get(kind, key)
      if (latest) this.#unwritten[kind].set(key, latest)
    }
    return { type: 'merge', changes: this.#takeUnwritten(), selector: this.#selector }
  }

  #takeAll(): WriteBatch {
    this.#clear()
    return { type: 'full', changes: [...this.changes()], selector: this.#selector }
  }

  #takeUnwritten(): readonly Change[] {
    const changes = KINDS.flatMap((kind) => [...this.#unwritten[kind].values()])
    this.#clear()
    return changes
  }

  #clear(): void {
    this.#work = 'nothing'
    this.#unwritten = { flag: new Map(), segment: new Map() }
  }
}
