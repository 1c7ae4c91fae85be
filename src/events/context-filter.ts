import { parseReference } from '../evaluation/attribute.ts'
import { BUILT_IN, type Context, type PreparedContext } from '../evaluation/context.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'

/** Attributes that the application keeps out of analytics events. */
export interface PrivacyOptions {
  /** References of attributes of every kind, for example `email` or `/address/street`. */
  readonly privateAttributes: readonly string[]
  /** Keeps all attributes out of events. */
  readonly allAttributesPrivate: boolean
}

/** The treatment of the attributes of anonymous contexts in an event. */
export type AnonymousAttributes = 'kept' | 'redacted'

/** A private attribute: the reference as the event repeats it, and the names on the path to the attribute. */
interface PrivateAttribute {
  readonly reference: string
  readonly path: readonly string[]
}

type Members = Record<string, unknown>

/** Members of a context that are never redacted. */
const PROTECTED: ReadonlySet<string> = new Set(['kind', 'key', 'anonymous', '_meta'])

/** Converts contexts to the form that events carry, without private attributes. Never changes a context. */
export class ContextFilter {
  readonly #all: boolean
  readonly #configured: readonly PrivateAttribute[]

  constructor({ privateAttributes, allAttributesPrivate }: PrivacyOptions) {
    this.#all = allAttributesPrivate
    this.#configured = parseReferences(privateAttributes)
  }

  /**
   * Returns the context for an event. Values of attributes are those of the context, not copies.
   *
   * @param original - the context from which `context` was prepared; a legacy user has rules of its own.
   */
  filter(context: PreparedContext, original: Context, anonymous: AnonymousAttributes): JsonObject {
    if (context.next === undefined) {
      const isLegacy = typeof original.kind !== 'string'
      const members = this.#part(context, anonymous, isLegacy ? namesOfUser : referencesOf)
      if (isLegacy) convertBuiltIns(members)
      return { kind: context.kind, ...members }
    }
    const parts: Members = emptyObject()
    for (let part: PreparedContext | undefined = context; part; part = part.next) {
      parts[part.kind] = this.#part(part, anonymous, referencesOf)
    }
    return { kind: 'multi', ...parts }
  }

  #part(
    { key, attributes }: PreparedContext,
    anonymous: AnonymousAttributes,
    privateOf: (meta: JsonObject) => readonly PrivateAttribute[],
  ): Members {
    const members: Members = emptyObject()
    for (const name of Object.keys(attributes)) {
      if (name !== 'kind' && name !== '_meta') members[name] = attributes[name]
    }
    members.key = key
    const meta = isJsonObject(attributes._meta) ? attributes._meta : {}
    const { privateAttributes: _, ...otherMeta } = meta
    const isAllPrivate = this.#all || (anonymous === 'redacted' && attributes.anonymous === true)
    const hidden = isAllPrivate
      ? Object.keys(members).filter(isRedactable).map(literal)
      : byDepth([...this.#configured, ...privateOf(meta)])
    const redacted = hidden.filter(({ path }) => remove(members, path)).map(({ reference }) => reference)
    const redactedAttributes = redacted.length > 0 && { redactedAttributes: redacted.sort() }
    const eventMeta = { ...otherMeta, ...redactedAttributes }
    if (Object.keys(eventMeta).length > 0) members._meta = eventMeta
    return members
  }
}

/** Returns a context without its anonymous parts, or `undefined` if no part remains. */
export function withoutAnonymous(context: PreparedContext): PreparedContext | undefined {
  const next = context.next && withoutAnonymous(context.next)
  if (context.attributes.anonymous === true) return next
  return next === context.next ? context : { ...context, next }
}

/** Returns an object in which `__proto__` is an ordinary name. */
function emptyObject(): Members {
  return Object.create(null) as Members
}

/** Parses references, and leaves out those that are malformed or name a member that is never redacted. */
function parseReferences(references: readonly unknown[]): readonly PrivateAttribute[] {
  return references.flatMap((reference) => {
    if (typeof reference !== 'string' || parseReference(reference, 'user') === undefined) return []
    // Decoded here, because `parseReference` has a defect of the official SDK: it does not decode a leading escape.
    const path = reference.startsWith('/') ? reference.slice(1).split('/').map(decode) : [reference]
    const isProtected = path.length === 1 && !isRedactable(path[0] as string)
    return isProtected ? [] : [{ reference, path }]
  })
}

function decode(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

function referencesOf({ privateAttributes }: JsonObject): readonly PrivateAttribute[] {
  return Array.isArray(privateAttributes) ? parseReferences(privateAttributes) : []
}

/** Returns the private attributes of a legacy user, which are names and not references. */
function namesOfUser({ privateAttributes }: JsonObject): readonly PrivateAttribute[] {
  if (!Array.isArray(privateAttributes)) return []
  return privateAttributes
    .filter((name): name is string => typeof name === 'string' && isRedactable(name))
    .map(literal)
}

/** Returns the reference of an attribute by its name. A name that begins with a slash is escaped, because it would be a path. */
function literal(name: string): PrivateAttribute {
  const reference = name.startsWith('/') ? `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : name
  return { reference, path: [name] }
}

/** Returns the attributes with outer ones first, so that members of a removed attribute are not listed too. */
function byDepth(attributes: readonly PrivateAttribute[]): readonly PrivateAttribute[] {
  return attributes.toSorted((a, b) => a.path.length - b.path.length)
}

function isRedactable(name: string): boolean {
  return !PROTECTED.has(name)
}

/** Removes a member and returns whether it existed. Copies the objects on the path to it, which belong to the application. */
function remove(members: Members, path: readonly string[]): boolean {
  if (!exists(members, path)) return false
  let owner = members
  for (const name of path.slice(0, -1)) {
    const copy: Members = Object.assign(emptyObject(), owner[name])
    owner[name] = copy
    owner = copy
  }
  delete owner[path.at(-1) as string]
  return true
}

function exists(members: Members, path: readonly string[]): boolean {
  let value: unknown = members
  for (const name of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return false
    value = value[name]
  }
  return true
}

/** Converts the built-in attributes of a legacy user, which events carry as strings. */
function convertBuiltIns(members: Members): void {
  for (const name of BUILT_IN) {
    if (Object.hasOwn(members, name)) members[name] = String(members[name])
  }
}
