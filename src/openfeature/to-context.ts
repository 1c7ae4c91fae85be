import type { EvaluationContext, EvaluationContextValue } from '@openfeature/server-sdk'
import type { Context, ContextWithoutKind } from '../evaluation/context.ts'

/** Called with what is wrong with a context that can be used all the same. Never names an attribute of the user's. */
export type Warn = (message: string) => void

interface Attributes {
  readonly [attribute: string]: EvaluationContextValue | undefined
}

/**
 * The context an evaluation context of OpenFeature means, read as LaunchDarkly's own providers read it. Where there is
 * no key, the key is empty, and evaluation says so.
 */
export function toContext(given: EvaluationContext, warn: Warn): Context {
  // Without types it may be absent altogether.
  const { kind, ...attributes } = (given as Attributes | undefined) ?? {}
  if (kind === 'multi') return { ...partsOf(attributes, warn), kind }
  if (isUsable(kind)) return { ...toPart(attributes, warn), kind }
  if (isSet(kind)) warn('the kind of a context must be a string that is not empty; taken to be "user"')
  return { ...toPart(attributes, warn), kind: 'user' }
}

function partsOf(members: Attributes, warn: Warn): { readonly [kind: string]: ContextWithoutKind } {
  const parts = Object.entries(members).flatMap(([kind, member]) => {
    // The SDK merges contexts of several levels; a targeting key of another level has nothing to name here.
    if (kind === 'targetingKey' || !isSet(member)) return []
    if (isStructure(member)) return [[kind, toPart(member, warn)] as const]
    warn('a member of a context of several kinds must be an object; left out')
    return []
  })
  return Object.fromEntries(parts)
}

function toPart(given: Attributes, warn: Warn): ContextWithoutKind {
  const { targetingKey, key, name, anonymous, privateAttributes, ...rest } = given
  const attributes = Object.entries(rest).map(([attribute, value]) => [
    attribute,
    toJson(value, [given], warn),
  ])
  if (isUsable(targetingKey) && isUsable(key))
    warn('a context has both a targetingKey and a key; the key is ignored')
  // What cannot be used counts as absent: the next name may have a key that can.
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

/** Dates become strings of ISO 8601. A value that contains itself cannot be JSON: that part of it is left out. */
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

/** Whether a value can be a key or a kind. */
function isUsable(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isSet<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null
}

function isStructure(value: EvaluationContextValue): value is { [key: string]: EvaluationContextValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
