import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import type { FlagFile } from '../../flag-file/parse.ts'
import type { Change, ItemKind, ItemLookup, PutChange } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import { prepareChange } from '../../server/answer.ts'
import { ContentState, contentDigest } from './content-state.ts'

interface ServedItem {
  readonly change: PutChange
  readonly digest: bigint
}

/** One content of flag files, with the versions under which it is served. */
export interface FileRevision {
  /** A name of the content. Versions do not matter. */
  readonly content: string
  /** The differences to the previous revision; all items in the first one. */
  readonly changes: readonly Change[]
  readonly items: ReadonlyMap<string, ServedItem>
  /** The highest version of a deleted item. */
  readonly deletedUpTo: number
}

/**
 * Gives the items of successive contents their versions (decision 46). An item that changes receives the seconds since the Unix epoch,
 * or a greater version, so that versions also grow for a client that moves between replicas or outlives a restart.
 */
export class FileItems {
  readonly #clock: Clock
  #current: FileRevision | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get current(): FileRevision | undefined {
    return this.#current
  }

  /** Returns all items of the current revision. */
  all(): readonly PutChange[] {
    return Array.from(this.#current?.items.values() ?? [], ({ change }) => change)
  }

  /** Makes a revision the current one. */
  commit(revision: FileRevision): void {
    this.#current = revision
  }

  /**
   * Returns the revision that follows the current one. Computes it in time slices and changes nothing.
   *
   * @param held - items that clients may have: their versions are continued.
   */
  async next(file: FlagFile, held: ItemLookup): Promise<FileRevision> {
    const before = this.#current
    const pause = timeSlices(this.#clock)
    const state = new ContentState()
    const items = new Map<string, ServedItem>()
    const changes: Change[] = []
    for (const [kind, key, object] of objectsOf(file)) {
      const id = `${kind}/${key}`
      const digest = contentDigest(kind, key, object)
      const known = before?.items.get(id)
      const item =
        known?.digest === digest ? known : { digest, change: this.#put({ kind, key, object, digest }, held) }
      items.set(id, item)
      // Encoded within the time slices of this loop.
      if (item !== known) prepareChange(item.change)
      state.toggle(digest)
      if (item !== known) changes.push(item.change)
      const paused = pause()
      if (paused) await paused
    }
    let deletedUpTo = before?.deletedUpTo ?? 0
    for (const [id, { change }] of before?.items ?? []) {
      if (items.has(id)) continue
      const { kind, key } = change
      const version = this.#after(change.version)
      deletedUpTo = Math.max(deletedUpTo, version)
      changes.push({ op: 'delete', kind, key, version })
    }
    return { content: state.name, changes, items, deletedUpTo }
  }

  #put({ kind, key, object, digest }: NewItem, held: ItemLookup): PutChange {
    const version = this.#versionOf({ kind, key, object, digest }, held)
    return { op: 'put', kind, key, version, object: { ...object, version } }
  }

  #versionOf({ kind, key, object, digest }: NewItem, held: ItemLookup): number {
    const own = object.version ?? 1
    const before = this.#current
    const known = before?.items.get(`${kind}/${key}`)
    if (known) return Math.max(own, this.#after(known.change.version))
    const former: Flag | Segment | undefined = held(kind, key)
    const { version = 0 } = former ?? {}
    if (before) return Math.max(own, this.#after(Math.max(version, before.deletedUpTo)))
    if (!former) return own
    return contentDigest(kind, key, former) === digest ? version : Math.max(own, this.#after(version))
  }

  /** Returns a version that is greater than this one, and greater than earlier ones of other replicas. */
  #after(version: number): number {
    return Math.max(version + 1, Math.floor(this.#clock.now() / 1_000))
  }
}

interface NewItem {
  readonly kind: ItemKind
  readonly key: string
  readonly object: Flag | Segment
  readonly digest: bigint
}

function* objectsOf({ flags, segments }: FlagFile): Generator<readonly [ItemKind, string, Flag | Segment]> {
  for (const [key, flag] of flags) yield ['flag', key, flag]
  for (const [key, segment] of segments) yield ['segment', key, segment]
}
