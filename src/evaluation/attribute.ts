import { hash } from 'node:crypto'
import { isJsonObject } from '../model/json.ts'
import { kindsOf, type PreparedContext, partOf } from './context.ts'
import type { Run } from './run.ts'

/** A reference to a value in a context: an attribute name, or the path to a nested member. */
export type AttributeReference = string | readonly string[]

/**
 * Matches malformed references as the official SDK does, including its defects, so that both evaluate a flag alike: `~|` and
 * `~^` count as escapes, and a slash at the end is a member with an empty name.
 */
const MALFORMED = /\/\/|^\/.*~[^01|^]|~$/

/**
 * Parses a reference. With a context kind it may be a path such as `/address/city`, with `~1` for a slash and `~0` for a
 * tilde; without one it is always a plain name. Returns `undefined` if the reference is malformed.
 */
export function parseReference(text: unknown, contextKind: unknown): AttributeReference | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  if (!contextKind) return text
  if (text === '/' || text === '_meta') return undefined
  // Most references are plain names, and the search is faster than the pattern.
  if (!text.includes('/') && !text.includes('~')) return text
  if (MALFORMED.test(text)) return undefined
  if (!text.startsWith('/')) return text
  const path = text.slice(1).split('/').map(decode)
  if (path[0] === '_meta') return undefined
  return path.length === 1 ? path[0] : path
}

/** Returns the value in the part of that kind, or `undefined`. Reads own members only, and not those of arrays. */
export function attributeOf(context: PreparedContext, kind: string, reference: AttributeReference): unknown {
  if (reference === 'kind') return kindsOf(context)
  const attributes = partOf(context, kind)?.attributes
  if (attributes === undefined) return undefined
  if (reference === 'anonymous') return Boolean(attributes.anonymous)
  if (typeof reference === 'string') {
    return Object.hasOwn(attributes, reference) ? attributes[reference] : undefined
  }
  let value: unknown = attributes
  for (const name of reference) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** Decodes one name of a path. As in the official SDK, a name that begins with a tilde is not decoded. */
function decode(name: string): string {
  return name.startsWith('~') ? name : name.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** The attribute that determines a context's bucket, and the prefix of the hashed text. */
export interface Bucketing {
  readonly contextKind: string
  readonly reference: AttributeReference
  readonly prefix: string
}

/** Returns the bucket of a context, from 0 to 1, deterministically; 0 if the attribute is not a string or an integer. */
export function bucket(run: Run, { contextKind, reference, prefix }: Bucketing): number {
  const value = attributeOf(run.context, contextKind, reference)
  run.trace?.see(value)
  if (!isHashed(value)) return 0
  return first60Bits(hash('sha1', `${prefix}${value}`, 'binary')) / 2 ** 60
}

/** Returns whether a value determines a bucket. */
export function isHashed(value: unknown): value is string | number {
  return typeof value === 'string' || Number.isInteger(value)
}

/** Reads the digest as a binary string, which is faster than hexadecimal digits or a Buffer. */
function first60Bits(digest: string): number {
  return word(digest, 0) * 2 ** 28 + (word(digest, 4) >>> 4)
}

function word(digest: string, at: number): number {
  const high = (digest.charCodeAt(at) << 24) | (digest.charCodeAt(at + 1) << 16)
  return (high | (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3)) >>> 0
}
