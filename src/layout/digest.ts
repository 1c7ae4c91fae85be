import { hash } from 'node:crypto'
import type { Row } from '../model/persistent-store.ts'

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

/** What one row adds to a digest. */
export function markOf({ kind, key, text }: Row): bigint {
  return hash('sha1', `${kind}\0${key}\0${text}`, 'buffer').readBigUInt64BE()
}
