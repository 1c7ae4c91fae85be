import { errorText } from '../model/error-text.ts'
import { isJsonObject } from '../model/json.ts'
import type { Context } from './context.ts'
import { legacyAttributes } from './legacy-user.ts'

/** A valid context, ready to be asked: its first part, and through it the others. Holds the user's objects, not copies. */
export interface PreparedContext {
  readonly kind: string
  readonly key: string
  readonly attributes: Attributes
  readonly next: PreparedContext | undefined
}

export interface Attributes {
  readonly [name: string]: unknown
}

const KIND = /^[\w.-]+$/

/** For evaluating many flags for one context. `undefined` when the context is invalid. */
export function prepare(context: Context): PreparedContext | undefined {
  const read = readContext(context)
  return typeof read === 'string' ? undefined : read
}

/** The context, or why it is invalid. */
export function readContext(context: unknown): PreparedContext | string {
  try {
    // Inside, because even asking a revoked Proxy whether it is a list throws.
    if (!isJsonObject(context)) return 'The context is not an object'
    const kind = context.kind
    if (kind === 'multi') return readParts(context)
    if (typeof kind === 'string') return readPart(kind, context, undefined)
    // An inherited `kind` counts too, so that contexts may be instances of classes.
    return kind === undefined || kind === null ? readUser(context) : 'The kind of the context is not a string'
  } catch (error) {
    return `The context cannot be read: ${errorText(error)}`
  }
}

export function partOf(context: PreparedContext, kind: string): PreparedContext | undefined {
  let part: PreparedContext | undefined = context
  while (part !== undefined && part.kind !== kind) part = part.next
  return part
}

export function kindsOf(context: PreparedContext): readonly string[] {
  const kinds: string[] = []
  for (let part: PreparedContext | undefined = context; part !== undefined; part = part.next) {
    kinds.push(part.kind)
  }
  return kinds
}

function readPart(
  kind: string,
  attributes: Attributes,
  next: PreparedContext | undefined,
): PreparedContext | string {
  if (kind !== 'user' && (kind === 'kind' || !KIND.test(kind))) {
    return 'The context has a kind that is not made of letters, digits, ".", "_" and "-", or is "kind"'
  }
  const key = attributes.key
  if (typeof key !== 'string' || key === '') return `The key of the ${kind} is not a string, or is empty`
  return { kind, key, attributes, next }
}

function readParts(context: Attributes): PreparedContext | string {
  let first: PreparedContext | undefined
  for (const kind of Object.keys(context).reverse()) {
    if (kind === 'kind') continue
    const attributes = context[kind]
    if (!isJsonObject(attributes)) return 'The context of several kinds has a part that is not an object'
    const part = readPart(kind, attributes, first)
    if (typeof part === 'string') return part
    first = part
  }
  return first ?? 'The context of several kinds has no part'
}

/** A legacy user may have any key but none: an empty one, and a number, which is made a string. */
function readUser(user: Attributes): PreparedContext | string {
  const key = user.key
  if (key === undefined || key === null) return 'The user has no key'
  const attributes = legacyAttributes(user, `${key as string | number}`)
  return { kind: 'user', key: attributes.key, attributes, next: undefined }
}
