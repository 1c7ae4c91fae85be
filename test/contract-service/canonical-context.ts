import type { Context, LegacyUser } from '../../src/index.ts'

type Members = Readonly<Record<string, unknown>>

/** The attributes of a legacy user beside `custom`. */
const BUILT_IN = ['key', 'name', 'firstName', 'lastName', 'email', 'country', 'avatar', 'ip', 'anonymous']

/** Returns the shortest form of a valid context: a single kind if there is one, without default members. */
export function canonicalContext(context: Context): Members {
  if (context.kind === undefined) return canonicalSingle(fromUser(context as LegacyUser))
  if (context.kind !== 'multi') return canonicalSingle(context)
  const { kind: multi, ...parts } = context
  const entries = Object.entries(parts as Readonly<Record<string, Members>>)
  const [first] = entries
  if (first && entries.length === 1) return canonicalSingle({ kind: first[0], ...first[1] })
  return { kind: multi, ...Object.fromEntries(entries.map(([kind, part]) => [kind, canonicalSingle(part)])) }
}

function fromUser(user: LegacyUser): Members {
  const builtIn = BUILT_IN.map((name) => [name, user[name]])
  const _meta = { privateAttributes: user.privateAttributeNames }
  return { ...user.custom, ...Object.fromEntries(builtIn), kind: 'user', _meta }
}

function canonicalSingle({ _meta, anonymous, ...members }: Members): Members {
  const { privateAttributes } = (_meta ?? {}) as { readonly privateAttributes?: readonly string[] | null }
  const given = Object.entries(members).filter(([, value]) => value !== null && value !== undefined)
  return {
    ...Object.fromEntries(given),
    ...(anonymous === true && { anonymous }),
    ...(privateAttributes && privateAttributes.length > 0 && { _meta: { privateAttributes } }),
  }
}
