import type { Clock } from '../../async/clock.ts'
import {
  type Applied,
  type Change,
  type Item,
  type ItemKind,
  KINDS,
  type Sink,
} from '../../model/change-set.ts'
import { type Difference, differencesOf } from './differences.ts'

/** A change of one flag or segment. */
export interface ItemChange {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly type: 'added' | 'changed' | 'deleted'
  readonly kind: ItemKind
  readonly key: string
  /** The former version. Absent if the item is new. */
  readonly from?: number
  /** The present version. Absent if the item was deleted. */
  readonly to?: number
  readonly differences: readonly Difference[]
  /** True if there are further differences, or if they were not determined because many items changed together. */
  readonly isCut: boolean
}

/** Changes of one transaction whose differences are determined. */
const MAX_COMPARED = 200

/** Default memory for the changes of an environment, in bytes. */
const MAX_BYTES = 256 * 1_024

/** Approximate memory of a change without its key and differences, in bytes. */
const CHANGE_BYTES = 300

interface Changed {
  /** Absent if the item is new. */
  readonly before: Item | undefined
  readonly change: Change
}

type Items = Readonly<Record<ItemKind, Map<string, Item>>>

/** The last changes of an environment with old and new values, bounded by their size in memory. Starts with the second payload. */
export class ChangeMemory implements Sink {
  readonly #clock: Clock
  readonly #maxBytes: number
  #items: Items = emptyItems()
  /** In the order of time. */
  readonly #changes = new Set<ItemChange>()
  readonly #byItem = new Map<string, ItemChange[]>()
  #bytes = 0
  #hasData = false

  constructor(clock: Clock, maxBytes: number = MAX_BYTES) {
    this.#clock = clock
    this.#maxBytes = maxBytes
  }

  /** Returns the changes of an item, newest first. */
  of(kind: ItemKind, key: string): readonly ItemChange[] {
    return (this.#byItem.get(idOf(kind, key)) ?? []).toReversed()
  }

  /** Returns the time of the last change of an item, or `undefined` if there is none in memory. */
  lastChangeAt(kind: ItemKind, key: string): number | undefined {
    return this.#byItem.get(idOf(kind, key))?.at(-1)?.at
  }

  /** Returns the keys of the items of a kind that have changed, the last change first. */
  changedKeys(kind: ItemKind): readonly string[] {
    const newestFirst = [...this.#changes].reverse().filter((change) => change.kind === kind)
    return [...new Set(newestFirst.map(({ key }) => key))]
  }

  accept({ changeSet }: Applied): void {
    const former = this.#items
    const isFull = changeSet.type === 'full'
    if (isFull) this.#items = emptyItems()
    const changed: Changed[] = []
    const record = (before: Item | undefined, change: Change): void => {
      if (isChange(before, change)) changed.push({ before, change })
    }
    for (const change of changeSet.changes) {
      const items = this.#items[change.kind]
      record(former[change.kind].get(change.key), change)
      if (change.op === 'put') items.set(change.key, change)
      else items.delete(change.key)
    }
    if (isFull)
      for (const kind of KINDS)
        for (const [key, item] of former[kind])
          if (!this.#items[kind].has(key)) record(item, { op: 'delete', kind, key, version: item.version })
    if (this.#hasData) this.#record(changed)
    this.#hasData = true
  }

  /** Records the last changes. Earlier ones would be forgotten at once. */
  #record(changed: readonly Changed[]): void {
    const kept = changed.slice(-Math.ceil(this.#maxBytes / CHANGE_BYTES))
    for (const [index, { before, change }] of kept.entries()) this.#add(this.#changeOf(before, change, index))
  }

  #changeOf(before: Item | undefined, change: Change, compared: number): ItemChange {
    const { kind, key } = change
    const at = this.#clock.now()
    const base = { at, kind, key, ...(before && { from: before.version }) }
    if (change.op === 'delete') return { ...base, type: 'deleted', differences: [], isCut: false }
    const to = change.version
    if (!before) return { ...base, type: 'added', to, differences: [], isCut: false }
    if (compared >= MAX_COMPARED) return { ...base, type: 'changed', to, differences: [], isCut: true }
    const { list, isCut } = differencesOf(before.object, change.object)
    return { ...base, type: 'changed', to, differences: list, isCut }
  }

  #add(change: ItemChange): void {
    const id = idOf(change.kind, change.key)
    this.#changes.add(change)
    this.#bytes += sizeOf(change)
    const known = this.#byItem.get(id)
    if (known) known.push(change)
    else this.#byItem.set(id, [change])
    for (const oldest of this.#changes) {
      if (this.#bytes <= this.#maxBytes) return
      this.#forget(oldest)
    }
  }

  #forget(oldest: ItemChange): void {
    const id = idOf(oldest.kind, oldest.key)
    this.#changes.delete(oldest)
    this.#bytes -= sizeOf(oldest)
    const known = this.#byItem.get(id)
    known?.shift()
    if (known?.length === 0) this.#byItem.delete(id)
  }
}

function emptyItems(): Items {
  return { flag: new Map(), segment: new Map() }
}

/** As for SDKs, an item with the same version is unchanged. */
function isChange(before: Item | undefined, change: Change): boolean {
  return change.op === 'delete' ? before !== undefined : before?.version !== change.version
}

function idOf(kind: ItemKind, key: string): string {
  return `${kind}/${key}`
}

/** Returns the approximate size in memory, in bytes. */
function sizeOf({ key, differences }: ItemChange): number {
  const texts = differences.map(({ path, from = '', to = '' }) => path.length + from.length + to.length)
  return CHANGE_BYTES + 2 * key.length + texts.reduce((total, length) => total + 2 * length + 100, 0)
}
