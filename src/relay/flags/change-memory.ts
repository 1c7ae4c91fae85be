import type { Clock } from '../../async/clock.ts'
import type { Applied, ItemKind, Sink } from '../../model/change-set.ts'
import { type ItemChange, ItemChanges } from './item-changes.ts'

/** Default memory for the changes of an environment, in bytes. */
const MAX_BYTES = 256 * 1_024

/** Approximate memory of a change without its key and differences, in bytes. */
const CHANGE_BYTES = 300

/** The last changes of an environment with old and new values, bounded by their size in memory. Starts with the second payload. */
export class ChangeMemory implements Sink {
  readonly #detected: ItemChanges
  readonly #maxBytes: number
  /** In the order of time. */
  readonly #changes = new Set<ItemChange>()
  readonly #byItem = new Map<string, ItemChange[]>()
  #bytes = 0

  constructor(clock: Clock, maxBytes: number = MAX_BYTES) {
    this.#detected = new ItemChanges(clock)
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
    // Earlier changes of the same transaction would be forgotten at once.
    const most = Math.ceil(this.#maxBytes / CHANGE_BYTES)
    for (const change of this.#detected.next(changeSet, most)) this.#add(change)
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

function idOf(kind: ItemKind, key: string): string {
  return `${kind}/${key}`
}

/** Returns the approximate size in memory, in bytes. */
function sizeOf({ key, differences }: ItemChange): number {
  const texts = differences.map(({ path, from = '', to = '' }) => path.length + from.length + to.length)
  return CHANGE_BYTES + 2 * key.length + texts.reduce((total, length) => total + 2 * length + 100, 0)
}
