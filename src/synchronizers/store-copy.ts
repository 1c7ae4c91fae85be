import type { Clock } from '../async/clock.ts'
import { inSlices } from '../async/slices.ts'
import { Wakeup } from '../async/wakeup.ts'
import { hashRow } from '../layout/digest.ts'
import { decodeRow } from '../layout/row.ts'
import { type Change, type ChangeSet, type ItemKind, KINDS } from '../model/change-set.ts'
import type { ChangeFeed, Row, RowName, StoreChange } from '../model/persistent-store.ts'

/** A row nobody can read, and why. */
export interface Unreadable extends RowName {
  readonly reason: string
}

/** What is new in rows that were read. */
export interface News {
  readonly changeSet: ChangeSet
  /** Those among what is new. */
  readonly unreadable: readonly Unreadable[]
}

type Marks = Readonly<Record<ItemKind, Map<string, bigint>>>

const noMarks = (): Marks => ({ flag: new Map(), segment: new Map() })

/** Remembers what was read of a database, by its marks, so that only what differs is decoded and applied. */
export class StoreCopy {
  #marks: Marks | undefined
  #unreadable: ReadonlyMap<string, RowName> = new Map()

  /** Rows that could not be read when they were read last; another map when others. */
  get unreadable(): ReadonlyMap<string, RowName> {
    return this.#unreadable
  }

  /** Compares with all rows there are, in slices. */
  async replace(rows: readonly Row[], clock: Clock): Promise<News> {
    const before = this.#marks
    const marks = noMarks()
    const changes: Change[] = []
    const unreadable: Unreadable[] = []
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

  /** Takes some rows as they are now; `undefined` for one that is gone. */
  amend(rows: readonly (readonly [name: RowName, row: Row | undefined])[]): News {
    const unreadable: Unreadable[] = []
    const changes = rows.map(([name, row]) => {
      if (row) this.#marks?.[name.kind].set(name.key, hashRow(row))
      else this.#marks?.[name.kind].delete(name.key)
      return this.#changeOf(name, row, unreadable)
    })
    return { changeSet: { type: 'partial', changes }, unreadable }
  }

  #changeOf({ kind, key }: RowName, row: Row | undefined, unreadable: Unreadable[]): Change {
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

/** Beyond this many keys it costs less to read everything. */
const MOST_KEYS = 50

/** What a database told since it was read last. */
export class StoreChanges {
  readonly #clock: Clock
  readonly #heard = new Wakeup()
  #keys = new Map<string, RowName>()
  #everything = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Ends when the signal aborts. */
  async listen(feed: ChangeFeed, signal: AbortSignal): Promise<void> {
    for await (const change of feed.changes(signal)) this.#hear(change)
  }

  /** Whether anything may differ, and not just some rows. */
  get everything(): boolean {
    return this.#everything || this.#keys.size > MOST_KEYS
  }

  /** Anything may differ. */
  doubt(): void {
    this.#everything = true
  }

  /** Anything may differ; a wait ends. */
  doubtNow(): void {
    this.doubt()
    this.#heard.notify()
  }

  /** The rows to read, which then count as read. */
  take(): readonly RowName[] {
    const keys = [...this.#keys.values()]
    this.#keys = new Map()
    this.#everything = false
    return keys
  }

  /** Resolves when something is told, and after `ms` at the latest. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#heard.wait(this.#clock, ms, signal)
  }

  #hear(change: StoreChange): void {
    switch (change.type) {
      case 'interrupted':
        break
      case 'replaced':
        this.#everything = true
        break
      case 'changed':
        for (const key of change.flags) this.#keys.set(`flag ${key}`, { kind: 'flag', key })
        for (const key of change.segments) this.#keys.set(`segment ${key}`, { kind: 'segment', key })
        break
      default:
        change satisfies never
    }
    this.#heard.notify()
  }
}
