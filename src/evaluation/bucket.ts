import { hash } from 'node:crypto'
import { type AttributeReference, attributeOf } from './attribute-reference.ts'
import type { PreparedContext } from './prepared-context.ts'

/** Which value of which part of a context decides, and what is hashed before it. */
export interface Bucketing {
  readonly contextKind: string
  readonly reference: AttributeReference
  readonly prefix: string
}

/** Where a context falls, from 0 to 1: always the same place. 0 when it has no string or integer to be told by. */
export function bucket(context: PreparedContext, { contextKind, reference, prefix }: Bucketing): number {
  const value = attributeOf(context, contextKind, reference)
  if (typeof value !== 'string' && !Number.isInteger(value)) return 0
  return first60Bits(hash('sha1', `${prefix}${value as string | number}`, 'binary')) / 2 ** 60
}

/** Reading a string of bytes is faster than reading hex digits, and than having a Buffer made. */
function first60Bits(digest: string): number {
  return word(digest, 0) * 2 ** 28 + (word(digest, 4) >>> 4)
}

function word(digest: string, at: number): number {
  const high = (digest.charCodeAt(at) << 24) | (digest.charCodeAt(at + 1) << 16)
  return (high | (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3)) >>> 0
}
