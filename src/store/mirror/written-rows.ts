import { randomUUID } from 'node:crypto'
import { Digest, type HashedRow } from '../../layout/digest.ts'
import { REPLACED, type Sidecar, writeNotice } from '../../layout/sidecar.ts'
import type { ItemKind } from '../../model/change-set.ts'
import type { RowCounts, RowName } from '../../model/persistent-store.ts'

export type SidecarRows = Pick<Sidecar, 'generation' | 'revision' | 'notice' | 'digest' | 'rows'>

export interface WriteRows {
  readonly hashes: readonly HashedRow[]
  readonly refused: readonly RowName[]
}

/** The rows that the database holds if only this process writes to it: the basis for detecting other writes (D16). */
export class WrittenRows {
  #hashes: Readonly<Record<ItemKind, Map<string, bigint>>> = { flag: new Map(), segment: new Map() }
  #refused: Readonly<Record<ItemKind, Set<string>>> = { flag: new Set(), segment: new Set() }
  #tombstones: Readonly<Record<ItemKind, Set<string>>> = { flag: new Set(), segment: new Set() }
  #digest = new Digest()
  #generation: string = randomUUID()
  #revision = 0

  get digest(): string {
    return this.#digest.toString()
  }

  /** Numbers of rows without refused ones. */
  get counts(): RowCounts {
    const count = (kind: ItemKind): number => this.#hashes[kind].size - this.#refused[kind].size
    return { flag: count('flag'), segment: count('segment') }
  }

  /** True if the database refused rows, so that older rows may still be in their place. */
  get hasRefusals(): boolean {
    return this.#refused.flag.size + this.#refused.segment.size > 0
  }

  begin(rows: WriteRows): SidecarRows {
    this.resume([])
    return this.amend(rows, REPLACED)
  }

  /**
   * Continues from rows that an earlier writer left, in a new generation: several processes may continue from the same
   * rows, and the revisions of one generation come from one process.
   */
  resume(hashes: readonly HashedRow[]): void {
    this.#hashes = { flag: new Map(), segment: new Map() }
    this.#refused = { flag: new Set(), segment: new Set() }
    this.#tombstones = { flag: new Set(), segment: new Set() }
    this.#digest = new Digest()
    this.#generation = randomUUID()
    this.#revision = 0
    this.#enter(hashes)
  }

  /**
   * Forgets rows that the database does not hold as they were written, and adds tombstones of other writers. Other rows of
   * other writers are not added: they are not part of the data that the selector names, and a sidecar whose digest
   * contains them would let a restart resume from them.
   */
  reconcile(stored: readonly HashedRow[]): void {
    this.resume(
      stored.filter(({ kind, key, hash, deleted }) => {
        const written = this.#hashes[kind].get(key)
        return written === hash || (deleted && (written === undefined || this.#tombstones[kind].has(key)))
      }),
    )
  }

  amend({ hashes, refused }: WriteRows, notice: string = writeNotice(hashes)): SidecarRows {
    this.#enter(hashes)
    this.refuse(refused)
    this.#revision++
    const { flag, segment } = this.counts
    const deleted = { flags: this.#tombstones.flag.size, segments: this.#tombstones.segment.size }
    return {
      generation: this.#generation,
      revision: this.#revision,
      notice,
      digest: this.digest,
      rows: {
        flags: flag - deleted.flags,
        segments: segment - deleted.segments,
        tombstones: deleted.flags + deleted.segments,
      },
    }
  }

  /** Records rows that the database refused. They stay in the digest, because the data is incomplete without them. */
  refuse(names: readonly RowName[]): void {
    for (const { kind, key } of names) {
      this.#refused[kind].add(key)
      this.#tombstones[kind].delete(key)
    }
  }

  isRefused({ kind, key }: RowName): boolean {
    return this.#refused[kind].has(key)
  }

  #enter(rows: readonly HashedRow[]): void {
    for (const { kind, key, hash, deleted } of rows) {
      const before = this.#hashes[kind].get(key)
      if (before !== undefined) this.#digest.remove(before)
      this.#digest.add(hash)
      this.#hashes[kind].set(key, hash)
      this.#refused[kind].delete(key)
      if (deleted) this.#tombstones[kind].add(key)
      else this.#tombstones[kind].delete(key)
    }
  }
}
