import type { Attributes } from './prepared-context.ts'

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
