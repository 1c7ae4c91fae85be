import { hash } from 'node:crypto'
import type { Clock } from '../async/clock.ts'
import { inSlices } from '../async/slices.ts'
import type { Row, RowName } from '../model/persistent-store.ts'
import { decodeRow } from './row.ts'

const MODULUS = 1n << 64n

/**
 * The digest of a set of rows: the sum of their hashes, so that the order of the rows does not matter, and a changed row
 * costs one hash. It covers the texts, because other software may write another text with the same version. It detects
 * writes of other processes, but gives no protection against deliberate forgery.
 */
export class Digest {
  #sum = 0n

  add(hash: bigint): void {
    this.#sum = (this.#sum + hash) % MODULUS
  }

  remove(hash: bigint): void {
    this.#sum = (this.#sum - hash + MODULUS) % MODULUS
  }

  toString(): string {
    return this.#sum.toString(16).padStart(16, '0')
  }
}

/** Longest tombstone in characters: a longer row need not be decoded to know that it is an item. */
const MAX_TOMBSTONE = 200

export interface HashedRow extends RowName {
  readonly hash: bigint
  readonly deleted: boolean
}

/** Returns the hash of one row: 64 bits of SHA-1 of its kind, key and text. */
export function hashRow({ kind, key, text }: Row): bigint {
  return BigInt(`0x${hash('sha1', `${kind}\0${key}\0${text}`).slice(0, 16)}`)
}

export async function hashRows(rows: readonly Row[], clock: Clock): Promise<HashedRow[]> {
  const hashed: HashedRow[] = []
  await inSlices(rows, clock, (row) => {
    const deleted = row.text.length < MAX_TOMBSTONE && decodeRow(row).type === 'tombstone'
    hashed.push({ kind: row.kind, key: row.key, hash: hashRow(row), deleted })
  })
  return hashed
}

export function digestOf(rows: readonly Pick<HashedRow, 'hash'>[]): string {
  const digest = new Digest()
  for (const { hash } of rows) digest.add(hash)
  return digest.toString()
}
