import { hash } from 'node:crypto'
import type { Clock } from '../async/clock.ts'
import { inSlices } from '../async/slices.ts'
import type { Row, RowName } from '../model/persistent-store.ts'
import { decodeRow } from './row.ts'

const MODULUS = 1n << 64n

/**
 * A fingerprint of a set of rows: a sum, so that rows may come in any order, and one that changes costs no more than
 * that one. Of their texts, because software that is not ours may write another text under the same version. Tells
 * whether somebody else wrote; is no protection against malice.
 */
export class Digest {
  #sum = 0n

  add(mark: bigint): void {
    this.#sum = (this.#sum + mark) % MODULUS
  }

  remove(mark: bigint): void {
    this.#sum = (this.#sum - mark + MODULUS) % MODULUS
  }

  toString(): string {
    return this.#sum.toString(16).padStart(16, '0')
  }
}

/** Tombstones are short; longer rows need not be decoded to tell them apart. Characters. */
const LONGEST_TOMBSTONE = 200

/** Which row, and what it adds to a digest. */
export interface HashedRow extends RowName {
  readonly hash: bigint
  /** Whether it is a tombstone. */
  readonly deleted: boolean
}

/** What one row adds to a digest. */
export function hashRow({ kind, key, text }: Row): bigint {
  return hash('sha1', `${kind}\0${key}\0${text}`, 'buffer').readBigUInt64BE()
}

/** The same of many, in slices. */
export async function hashRows(rows: readonly Row[], clock: Clock): Promise<HashedRow[]> {
  const marks: HashedRow[] = []
  await inSlices(rows, clock, (row) => {
    const deleted = row.text.length < LONGEST_TOMBSTONE && decodeRow(row).type === 'tombstone'
    marks.push({ kind: row.kind, key: row.key, hash: hashRow(row), deleted })
  })
  return marks
}

export function digestOf(marks: readonly Pick<HashedRow, 'hash'>[]): string {
  const digest = new Digest()
  for (const { hash } of marks) digest.add(hash)
  return digest.toString()
}
