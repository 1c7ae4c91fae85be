import { createHash } from 'node:crypto'
import type { RowName } from '../model/persistent-store.ts'

const MODULUS = 1n << 64n

/**
 * A fingerprint of which rows there are, in which versions: a sum, so that rows may come in any order, and one that
 * changes costs no more than that one. It tells whether somebody else wrote; it is no protection against malice.
 */
export class Digest {
  #sum = 0n

  add(row: RowName, version: number): void {
    this.#sum = (this.#sum + hash(row, version)) % MODULUS
  }

  remove(row: RowName, version: number): void {
    this.#sum = (this.#sum - hash(row, version) + MODULUS) % MODULUS
  }

  toString(): string {
    return this.#sum.toString(16).padStart(16, '0')
  }
}

function hash({ kind, key }: RowName, version: number): bigint {
  return createHash('sha1').update(`${kind}\0${version}\0${key}`).digest().readBigUInt64BE()
}
