import { hash } from 'node:crypto'
import { isJsonObject } from '../model/json.ts'
import { kindsOf, type PreparedContext, partOf } from './context.ts'

/** Where in a context a value is: the name of an attribute, or the names on the way to a member of one. */
export type AttributeReference = string | readonly string[]

/**
 * The official SDK's rule, its slips included: `~|` and `~^` count as escapes, and a slash at the end is a member
 * without a name. A flag must not change its value with the SDK.
 */
const MALFORMED = /\/\/|^\/.*~[^01|^]|~$/

/**
 * Reads a reference. Beside a kind of context it may be a path, `/address/city`, with `~1` for a slash and `~0` for a
 * tilde; otherwise it is a name as it stands. `undefined` when it is no valid reference.
 */
export function parseReference(text: unknown, contextKind: unknown): AttributeReference | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  if (!contextKind) return text
  if (text === '/' || text === '_meta' || MALFORMED.test(text)) return undefined
  if (!text.startsWith('/')) return text
  const path = text.slice(1).split('/').map(decode)
  if (path[0] === '_meta') return undefined
  return path.length === 1 ? path[0] : path
}

/** The value in the part of that kind, or `undefined`. Only own members count, and no array is entered. */
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

/** The official SDK leaves a name that begins with a tilde as it is. */
function decode(name: string): string {
  return name.startsWith('~') ? name : name.replaceAll('~1', '/').replaceAll('~0', '~')
}

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
