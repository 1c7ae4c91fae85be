import { isJsonObject } from '../model/json.ts'
import { kindsOf, type PreparedContext, partOf } from './prepared-context.ts'

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
