import type { Clock } from '../async/clock.ts'
import { inSlices } from '../async/slices.ts'
import { Wakeup } from '../async/wakeup.ts'
import { hashRow } from '../layout/digest.ts'
import { decodeRow } from '../layout/row.ts'
import { type Change, type ChangeSet, type ItemKind, KINDS } from '../model/change-set.ts'
import type { ChangeFeed, Row, RowName, StoreChange } from '../model/persistent-store.ts'

interface UnreadableRow extends RowName {
  readonly reason: string
}

export interface StoreDifference {
  readonly changeSet: ChangeSet
  readonly unreadable: readonly UnreadableRow[]
}

type Marks = Readonly<Record<ItemKind, Map<string, bigint>>>

const noMarks = (): Marks => ({ flag: new Map(), segment: new Map() })

/** Compares the rows of a database with those of the last read, by their marks, so that only changed rows are decoded. */
export class StoreCopy {
  #marks: Marks | undefined
  #unreadable: ReadonlyMap<string, RowName> = new Map()

  /** The rows that cannot be decoded. Replaced by a new map with each change. */
  get unreadable(): ReadonlyMap<string, RowName> {
    return this.#unreadable
  }

  /** Compares all rows of the database with the last read, in time slices. */
  async replace(rows: readonly Row[], clock: Clock): Promise<StoreDifference> {
    const before = this.#marks
    const marks = noMarks()
    const changes: Change[] = []
    const unreadable: UnreadableRow[] = []
    await inSlices(rows, clock, (row) => {
      const mark = hashRow(row)
      marks[row.kind].set(row.key, mark)
      if (before?.[row.kind].get(row.key) !== mark) changes.push(this.#changeOf(row, row, unreadable))
    })
    for (const kind of KINDS) {
      for (const key of before?.[kind].keys() ?? [])
        if (!marks[kind].has(key)) changes.push(this.#changeOf({ kind, key }, undefined, unreadable))
    }
    this.#marks = marks
    if (!before) return { changeSet: { type: 'full', changes }, unreadable }
    return { changeSet: changes.length > 0 ? { type: 'partial', changes } : { type: 'none' }, unreadable }
  }

  /** Compares some rows with the last read. `undefined` stands for a row that does not exist any more. */
  amend(rows: readonly (readonly [name: RowName, row: Row | undefined])[]): StoreDifference {
    const unreadable: UnreadableRow[] = []
    const changes = rows.map(([name, row]) => {
      if (row) this.#marks?.[name.kind].set(name.key, hashRow(row))
      else this.#marks?.[name.kind].delete(name.key)
      return this.#changeOf(name, row, unreadable)
    })
    return { changeSet: { type: 'partial', changes }, unreadable }
  }

  #changeOf({ kind, key }: RowName, row: Row | undefined, unreadable: UnreadableRow[]): Change {
    const decoded = row && decodeRow(row)
    const name = `${kind} ${key}`
    if (decoded?.type === 'unreadable') {
      this.#unreadable = new Map([...this.#unreadable, [name, { kind, key }]])
      unreadable.push({ kind, key, reason: decoded.reason })
    } else if (this.#unreadable.has(name)) {
      this.#unreadable = new Map([...this.#unreadable].filter(([other]) => other !== name))
    }
    if (decoded?.type === 'item') return { op: 'put', kind, ...decoded.item }
    return { op: 'delete', kind, key, version: decoded?.type === 'tombstone' ? decoded.version : 0 }
  }
}

/** If more keys have changed, reading the whole database is cheaper. */
const MAX_KEYS = 50

/** The changes that the feed of a database has reported since the last read. */
export class ReportedChanges {
  readonly #clock: Clock
  readonly #reported = new Wakeup()
  #keys = new Map<string, RowName>()
  #readAll = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async listen(feed: ChangeFeed, signal: AbortSignal): Promise<void> {
    for await (const change of feed.changes(signal)) this.#add(change)
  }

  get requiresReadAll(): boolean {
    return this.#readAll || this.#keys.size > MAX_KEYS
  }

  requireReadAll(): void {
    this.#readAll = true
  }

  /** Requires a read of the whole database now: also ends a wait. */
  requireReadAllNow(): void {
    this.requireReadAll()
    this.#reported.notify()
  }

  /** Returns the names of the changed rows, and resets the collected changes. */
  takeRows(): readonly RowName[] {
    const keys = [...this.#keys.values()]
    this.#keys = new Map()
    this.#readAll = false
    return keys
  }

  /** Resolves when the feed reports a change, and after `ms` at the latest. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#reported.wait(this.#clock, ms, signal)
  }

  #add(change: StoreChange): void {
    switch (change.type) {
      case 'interrupted':
        break
      case 'replaced':
        this.#readAll = true
        break
      case 'changed':
        for (const key of change.flags) this.#keys.set(`flag ${key}`, { kind: 'flag', key })
        for (const key of change.segments) this.#keys.set(`segment ${key}`, { kind: 'segment', key })
        break
      default:
        change satisfies never
    }
    this.#reported.notify()
  }
}
