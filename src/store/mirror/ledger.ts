import { randomUUID } from 'node:crypto'
import { Digest, type Marked, markOf } from '../../layout/digest.ts'
import { REPLACED, writeNotice } from '../../layout/notice.ts'
import type { Sidecar } from '../../layout/sidecar.ts'
import type { Kind } from '../../model/kind.ts'
import type { Row } from '../../model/persistent-store.ts'

/** What accompanies a write, as far as it follows from the rows. */
export type Entry = Pick<Sidecar, 'generation' | 'revision' | 'notice' | 'digest'>

/** Keeps the books: what a database holds when nobody else wrote, so that somebody else is noticed (D16). */
export class Ledger {
  #marks: Readonly<Record<Kind, Map<string, bigint>>> = { flag: new Map(), segment: new Map() }
  #digest = new Digest()
  #generation: string = randomUUID()
  #revision = 0

  /** A full write begins the books anew. */
  begin(marks: readonly Marked[]): Entry {
    this.resume(marks)
    return this.#entry(REPLACED)
  }

  /**
   * Goes on from what a writer before this one left. Not in its generation: several may go on from the same place, and
   * revisions of one generation are counted by one writer.
   */
  resume(marks: readonly Marked[]): void {
    this.#marks = { flag: new Map(), segment: new Map() }
    this.#digest = new Digest()
    this.#generation = randomUUID()
    this.#revision = 0
    this.#enter(marks)
  }

  /** A delta changes what it changes. */
  amend(marks: readonly Marked[]): Entry {
    this.#enter(marks)
    return this.#entry(writeNotice(marks))
  }

  /** Whether this very row was written by us. */
  holds(row: Row): boolean {
    return this.#marks[row.kind].get(row.key) === markOf(row)
  }

  #enter(marks: readonly Marked[]): void {
    for (const { kind, key, mark } of marks) {
      const before = this.#marks[kind].get(key)
      if (before !== undefined) this.#digest.remove(before)
      this.#digest.add(mark)
      this.#marks[kind].set(key, mark)
    }
  }

  #entry(notice: string): Entry {
    this.#revision++
    return {
      generation: this.#generation,
      revision: this.#revision,
      notice,
      digest: this.#digest.toString(),
    }
  }
}
