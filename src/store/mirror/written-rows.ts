import { randomUUID } from 'node:crypto'
import { Digest, type HashedRow } from '../../layout/digest.ts'
import { REPLACED, type Sidecar, writeNotice } from '../../layout/sidecar.ts'
import type { ItemKind } from '../../model/change-set.ts'
import type { RowCounts, RowName } from '../../model/persistent-store.ts'

/** The part of a sidecar that follows from the rows. */
export type SidecarRows = Pick<Sidecar, 'generation' | 'revision' | 'notice' | 'digest' | 'rows'>

/** Rows of one write. `refused` are those among them that the database does not hold. */
export interface RowMarks {
  readonly marks: readonly HashedRow[]
  readonly refused: readonly RowName[]
}

/** What a database holds if only this process writes to it: the basis on which changes by others are noticed (D16). */
export class WrittenRows {
  #marks: Readonly<Record<ItemKind, Map<string, bigint>>> = { flag: new Map(), segment: new Map() }
  #refused: Readonly<Record<ItemKind, Set<string>>> = { flag: new Set(), segment: new Set() }
  #tombstones: Readonly<Record<ItemKind, Set<string>>> = { flag: new Set(), segment: new Set() }
  #digest = new Digest()
  #generation: string = randomUUID()
  #revision = 0

  /** Digest of all rows, in the form of a sidecar. */
  get digest(): string {
    return this.#digest.toString()
  }

  /** Numbers of rows that the database was given and took. */
  get counts(): RowCounts {
    const count = (kind: ItemKind): number => this.#marks[kind].size - this.#refused[kind].size
    return { flag: count('flag'), segment: count('segment') }
  }

  /** Whether the database refused rows, so that older ones may lie in their place. */
  get hasRefusals(): boolean {
    return this.#refused.flag.size + this.#refused.segment.size > 0
  }

  /** Starts a generation with the rows of a full write. */
  begin(entries: RowMarks): SidecarRows {
    this.resume([])
    return this.amend(entries, REPLACED)
  }

  /**
   * Continues from the rows that an earlier writer left. In a generation of its own: several processes may continue from
   * the same rows, and one process alone counts the revisions of a generation.
   */
  resume(marks: readonly HashedRow[]): void {
    this.#marks = { flag: new Map(), segment: new Map() }
    this.#refused = { flag: new Set(), segment: new Set() }
    this.#tombstones = { flag: new Set(), segment: new Set() }
    this.#digest = new Digest()
    this.#generation = randomUUID()
    this.#revision = 0
    this.#enter(marks)
  }

  /** Enters the rows of a delta. */
  amend({ marks, refused }: RowMarks, notice: string = writeNotice(marks)): SidecarRows {
    this.#enter(marks)
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

  /** Notes which of the entered rows the database did not take. Their digest stays: without them the data is incomplete. */
  refuse(names: readonly RowName[]): void {
    for (const { kind, key } of names) {
      this.#refused[kind].add(key)
      this.#tombstones[kind].delete(key)
    }
  }

  isRefused({ kind, key }: RowName): boolean {
    return this.#refused[kind].has(key)
  }

  #enter(marks: readonly HashedRow[]): void {
    for (const { kind, key, hash, deleted } of marks) {
      const before = this.#marks[kind].get(key)
      if (before !== undefined) this.#digest.remove(before)
      this.#digest.add(hash)
      this.#marks[kind].set(key, hash)
      this.#refused[kind].delete(key)
      if (deleted) this.#tombstones[kind].add(key)
      else this.#tombstones[kind].delete(key)
    }
  }
}
