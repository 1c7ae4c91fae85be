import { hash } from 'node:crypto'
import type { ItemKind } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import { isJsonObject } from '../../model/json.ts'

/**
 * Returns a digest of the content of a flag or segment, of 128 bits. The version and the order of members do not matter, so that
 * replicas, and a relay before and after a restart, agree.
 */
export function contentDigest(kind: ItemKind, key: string, object: Flag | Segment): bigint {
  return digestOf(JSON.stringify([kind, key, canonical({ ...object, version: 0 })]))
}

/** Returns a digest of an item that is served under a version of its own, so that the version belongs to the name of the state. */
export function versionDigest(id: string, version: number): bigint {
  return digestOf(JSON.stringify([id, version]))
}

function digestOf(text: string): bigint {
  return BigInt(`0x${hash('sha256', text, 'hex').slice(0, 32)}`)
}

/** Returns the value with the members of its objects in the order of their names. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isJsonObject(value)) return value
  const names = Object.keys(value)
  // A list of entries, because an object would put numeric names first, and treat `__proto__` specially.
  return { members: names.toSorted().map((name) => [name, canonical(value[name])]) }
}

/** A name of a set of items that does not depend on their order: the XOR of their digests. */
export class ContentState {
  #sum = 0n

  /** Adds an item, or removes one that was added. */
  toggle(digest: bigint): void {
    this.#sum ^= digest
  }

  get name(): string {
    return this.#sum.toString(16).padStart(32, '0')
  }
}
