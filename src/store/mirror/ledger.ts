import { Digest, markOf } from '../../layout/digest.ts'
import { REPLACED, writeNotice } from '../../layout/notice.ts'
import type { Sidecar } from '../../layout/sidecar.ts'
import type { Kind } from '../../model/kind.ts'
import type { Row, VersionedRow } from '../../model/persistent-store.ts'

/** What accompanies a write, as far as it follows from the rows. */
export type Entry = Pick<Sidecar, 'generation' | 'revision' | 'notice' | 'digest'>

/** Keeps the books: what a database holds when nobody else wrote, so that somebody else is noticed (D16). */
export class Ledger {
  #marks: Readonly<Record<Kind, Map<string, bigint>>> = { flag: new Map(), segment: new Map() }
  #digest = new Digest()
  #generation = ''
  #revision = 0

  /** A full write begins the books anew. */
  begin(rows: readonly Row[], generation: string): Entry {
    this.#marks = { flag: new Map(), segment: new Map() }
    this.#digest = new Digest()
    this.#generation = generation
    this.#revision = 0
    return this.#enter(rows, REPLACED)
  }

  /** Goes on where a writer before this one stopped. */
  resume(rows: readonly Row[], { generation, revision }: Pick<Sidecar, 'generation' | 'revision'>): void {
    this.begin(rows, generation)
    this.#revision = revision
  }

  /** A delta changes what it changes. */
  amend(rows: readonly VersionedRow[]): Entry {
    return this.#enter(rows, writeNotice(rows))
  }

  #enter(rows: readonly Row[], notice: string): Entry {
    for (const row of rows) {
      const mark = markOf(row)
      const before = this.#marks[row.kind].get(row.key)
      if (before !== undefined) this.#digest.remove(before)
      this.#digest.add(mark)
      this.#marks[row.kind].set(row.key, mark)
    }
    this.#revision++
    return {
      generation: this.#generation,
      revision: this.#revision,
      notice,
      digest: this.#digest.toString(),
    }
  }
}
