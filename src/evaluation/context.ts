import { errorText } from '../model/error-text.ts'
import { isJsonObject } from '../model/json.ts'

/** One entity a flag is evaluated for. Attributes beside the named ones may hold any JSON value. */
export interface SingleKindContext {
  /** Letters, digits, `.`, `_` and `-`; not `kind` and not `multi`. */
  readonly kind: string
  /** Identifies the entity within its kind; not empty. */
  readonly key: string
  readonly name?: string
  readonly anonymous?: boolean
  readonly _meta?: ContextMeta
  readonly [attribute: string]: any
}

/** Several entities at once, at most one of each kind: each member but `kind` is named by its kind. */
export interface MultiKindContext {
  readonly kind: 'multi'
  readonly [kind: string]: 'multi' | ContextWithoutKind
}

/** A part of a context of several kinds. */
export interface ContextWithoutKind {
  readonly key: string
  readonly name?: string
  readonly anonymous?: boolean
  readonly _meta?: ContextMeta
  readonly [attribute: string]: any
}

/** Read by those who send contexts elsewhere; evaluation never looks at it. */
export interface ContextMeta {
  /** Attributes that must not leave the process. */
  readonly privateAttributes?: readonly string[]
}

/** The old form, without a kind: a context of kind `user`. */
export interface LegacyUser {
  readonly key: string
  readonly secondary?: string
  readonly name?: string
  readonly anonymous?: boolean
  readonly custom?: { readonly [attribute: string]: any }
  readonly privateAttributeNames?: readonly string[]
  readonly [attribute: string]: any
}

/** Whom a flag is evaluated for. */
export type Context = SingleKindContext | MultiKindContext | LegacyUser

/**
 * One string for all kinds and keys of a context, as LaunchDarkly's SDKs make it: the key alone for a user, otherwise
 * `kind:key`, joined in the order of kinds. `undefined` when the context is invalid.
 */
export function canonicalKey(context: Context): string | undefined {
  const prepared = prepare(context)
  return prepared === undefined ? undefined : keyOf(prepared)
}

/** Why a context is invalid, in a sentence; `undefined` when it is valid. */
export function contextProblem(context: unknown): string | undefined {
  const read = readContext(context)
  return typeof read === 'string' ? read : undefined
}

function keyOf(context: PreparedContext): string {
  if (context.kind === 'user' && context.next === undefined) return context.key
  return kindsOf(context)
    .toSorted()
    .map((kind) => `${kind}:${encode(partOf(context, kind)?.key ?? '')}`)
    .join(':')
}

function encode(key: string): string {
  return key.replaceAll('%', '%25').replaceAll(':', '%3A')
}

/** What a legacy user may have beside `custom`; nothing else at its top is an attribute. */
const BUILT_IN = ['name', 'ip', 'firstName', 'lastName', 'email', 'avatar', 'country'] as const

/** The attributes of a legacy user in the form of a context of kind `user`: its own win over `custom`. */
export function legacyAttributes(user: Attributes, key: string): Attributes & { readonly key: string } {
  const custom = user.custom
  const attributes: { [name: string]: unknown; key: string } = {
    ...(typeof custom === 'object' ? custom : undefined),
    kind: 'user',
    key,
  }
  const anonymous = user.anonymous
  if (anonymous !== undefined && anonymous !== null) attributes.anonymous = Boolean(anonymous)
  for (const name of BUILT_IN) {
    const value = user[name]
    if (value !== undefined && value !== null) attributes[name] = value
  }
  // A clause can name it, though nothing in it.
  const privateAttributes = user.privateAttributeNames
  if (privateAttributes !== undefined && privateAttributes !== null) attributes._meta = { privateAttributes }
  return attributes
}

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
