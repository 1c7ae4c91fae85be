import { errorText } from '../model/error-text.ts'
import { isJsonObject } from '../model/json.ts'

/**
 * A context of one kind. Further attributes may have any JSON value.
 *
 * @example
 * ```ts
 * const context: Context = { kind: 'user', key: 'u-1', country: 'de', groups: ['beta'] }
 * ```
 */
export interface SingleKindContext {
  /** The kind: letters, digits, `.`, `_` and `-`; not `kind` and not `multi`. */
  readonly kind: string
  /** The identifier within the kind; not empty. */
  readonly key: string
  /** The name for people. Default: none. */
  readonly name?: string
  /** True for a context that LaunchDarkly does not list. Default false. */
  readonly anonymous?: boolean
  /** Settings of the context that are no attributes. */
  readonly _meta?: ContextMeta
  /** A further attribute: any JSON value. */
  readonly [attribute: string]: any
}

/**
 * A context of several kinds, at most one context of each. Member names are the kinds.
 *
 * @example
 * ```ts
 * const context: Context = { kind: 'multi', user: { key: 'u-1' }, organization: { key: 'o-7' } }
 * ```
 */
export interface MultiKindContext {
  /** The mark of a context of several kinds. */
  readonly kind: 'multi'
  /** The context of one kind, under the name of its kind. */
  readonly [kind: string]: 'multi' | ContextWithoutKind
}

/** One part of a {@link MultiKindContext}, whose member name is its kind. */
export interface ContextWithoutKind {
  /** The identifier within the kind; not empty. */
  readonly key: string
  /** The name for people. Default: none. */
  readonly name?: string
  /** True for a context that LaunchDarkly does not list. Default false. */
  readonly anonymous?: boolean
  /** Settings of the context that are no attributes. */
  readonly _meta?: ContextMeta
  /** A further attribute: any JSON value. */
  readonly [attribute: string]: any
}

/** Metadata of a context. Evaluation ignores it. */
export interface ContextMeta {
  /** References of attributes that must not be sent in analytics events. */
  readonly privateAttributes?: readonly string[]
}

/** The older form of a context, without `kind`. Evaluated as a context of kind `user` with the attributes in `custom`. */
export interface LegacyUser {
  /** The identifier of the user. It may be empty. */
  readonly key: string
  /** A second identifier. It has no effect on evaluations. */
  readonly secondary?: string
  /** The name for people. Default: none. */
  readonly name?: string
  /** True for a user that LaunchDarkly does not list. Default false. */
  readonly anonymous?: boolean
  /** Further attributes by name: any JSON values. Default: none. */
  readonly custom?: { readonly [attribute: string]: any }
  /** Names of attributes that are not sent with analytics events. Default: none. */
  readonly privateAttributeNames?: readonly string[]
  /** A built-in attribute of users, such as `email`, `country` or `ip`. */
  readonly [attribute: string]: any
}

/** The subject of an evaluation, for example a user, a device, or both. */
export type Context = SingleKindContext | MultiKindContext | LegacyUser

/**
 * Returns the canonical key of a context, as LaunchDarkly's SDKs define it: the key alone for a user, otherwise `kind:key`
 * of each kind in alphabetical order, joined by colons. Returns `undefined` if the context is invalid.
 */
export function canonicalKey(context: Context): string | undefined {
  const prepared = prepare(context)
  return prepared === undefined ? undefined : canonicalKeyOf(prepared)
}

/** Returns a sentence that states why a context is invalid, or `undefined` if it is valid. */
export function contextProblem(context: unknown): string | undefined {
  const read = readContext(context)
  return typeof read === 'string' ? read : undefined
}

/** Returns the canonical key of a valid context. */
export function canonicalKeyOf(context: PreparedContext): string {
  if (context.kind === 'user' && context.next === undefined) return context.key
  return kindsOf(context)
    .toSorted()
    .map((kind) => `${kind}:${encode(partOf(context, kind)?.key ?? '')}`)
    .join(':')
}

function encode(key: string): string {
  return key.replaceAll('%', '%25').replaceAll(':', '%3A')
}

/** The top-level attributes of a legacy user; other attributes are in `custom`. */
export const BUILT_IN = ['name', 'ip', 'firstName', 'lastName', 'email', 'avatar', 'country'] as const

/** Converts a legacy user to the attributes of a context. Its top-level attributes take precedence over `custom`. */
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
  const privateAttributes = user.privateAttributeNames
  if (privateAttributes !== undefined && privateAttributes !== null) attributes._meta = { privateAttributes }
  return attributes
}

/** A valid context as a linked list of its parts. Refers to the objects of the application; they are not copied. */
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

/** Returns the context in the form that evaluation reads, or `undefined` if it is invalid. */
export function prepare(context: Context): PreparedContext | undefined {
  const read = readContext(context)
  return typeof read === 'string' ? undefined : read
}

/** Returns the prepared context, or a sentence that states why the context is invalid. */
export function readContext(context: unknown): PreparedContext | string {
  try {
    // Inside `try`, because even `Array.isArray` throws for a revoked Proxy.
    if (!isJsonObject(context)) return 'The context is not an object'
    const kind = context.kind
    if (kind === 'multi') return readParts(context)
    if (typeof kind === 'string') return readPart(kind, context, undefined)
    // `kind` may be inherited, because a context may be an instance of a class.
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

/** Prepares a legacy user. Its key may be empty, or a number, which is converted to a string, but it must be present. */
function readUser(user: Attributes): PreparedContext | string {
  const key = user.key
  if (key === undefined || key === null) return 'The user has no key'
  const attributes = legacyAttributes(user, `${key as string | number}`)
  return { kind: 'user', key: attributes.key, attributes, next: undefined }
}
