import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { Context, ContextWithoutKind } from './context.ts'

/** Receives warnings about a context that can be used nevertheless. They never contain an attribute of the user. */
export type Warn = (message: string) => void

/**
 * Converts an evaluation context of OpenFeature in the same way as LaunchDarkly's own providers. Without a key, the key of the
 * result is empty, which evaluation reports as an error.
 */
export function toContext(given: JsonObject | undefined, warn: Warn): Context {
  const { kind, ...attributes } = given ?? {}
  if (kind === 'multi') return { ...partsOf(attributes, warn), kind }
  if (isUsable(kind)) return { ...toPart(attributes, warn), kind }
  if (isSet(kind)) warn('the kind of a context must be a string that is not empty; taken to be "user"')
  return { ...toPart(attributes, warn), kind: 'user' }
}

function partsOf(members: JsonObject, warn: Warn): { readonly [kind: string]: ContextWithoutKind } {
  const parts = Object.entries(members).flatMap(([kind, member]) => {
    // The SDK merges the contexts of several levels, so a targeting key may belong to a context of another level.
    if (kind === 'targetingKey' || !isSet(member)) return []
    if (isStructure(member)) return [[kind, toPart(member, warn)] as const]
    warn('a member of a context of several kinds must be an object; left out')
    return []
  })
  return Object.fromEntries(parts)
}

function toPart(given: JsonObject, warn: Warn): ContextWithoutKind {
  const { targetingKey, key, name, anonymous, privateAttributes, ...rest } = given
  const attributes = Object.entries(rest).map(([attribute, value]) => [
    attribute,
    toJson(value, [given], warn),
  ])
  if (isUsable(targetingKey) && isUsable(key))
    warn('a context has both a targetingKey and a key; the key is ignored')
  // An unusable key counts as absent, so the other name is tried.
  const identifier = [targetingKey, key].find(isUsable) ?? ''
  for (const unusable of [targetingKey, key])
    if (isSet(unusable) && typeof unusable !== 'string')
      warn('the key of a context must be a string; ignored')
  if (isSet(name) && typeof name !== 'string') warn('the name of a context must be a string; left out')
  if (isSet(anonymous) && typeof anonymous !== 'boolean')
    warn('the attribute anonymous of a context must be a boolean; left out')
  if (isSet(privateAttributes) && !isStrings(privateAttributes))
    warn('the privateAttributes of a context must be strings; left out')
  return {
    ...Object.fromEntries(attributes),
    key: identifier,
    ...(typeof name === 'string' && { name }),
    ...(typeof anonymous === 'boolean' && { anonymous }),
    ...(isStrings(privateAttributes) && { _meta: { privateAttributes } }),
  }
}

/** Converts dates to ISO 8601 strings and leaves out values that contain themselves, which JSON cannot represent. */
function toJson(value: unknown, path: readonly unknown[], warn: Warn): unknown {
  if (value instanceof Date) return value.toJSON()
  if (typeof value !== 'object' || value === null) return value
  if (path.includes(value)) {
    warn('a context contains itself; that part is left out')
    return undefined
  }
  const deeper = [...path, value]
  if (Array.isArray(value)) return value.map((item: unknown) => toJson(item, deeper, warn))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item, deeper, warn)]))
}

/** Returns true if the value can be a key or a kind. */
function isUsable(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isSet<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null
}

function isStructure(value: unknown): value is JsonObject {
  return isJsonObject(value) && !(value instanceof Date)
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
