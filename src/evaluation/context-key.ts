import type { Context } from './context.ts'
import { kindsOf, type PreparedContext, partOf, prepare, readContext } from './prepared-context.ts'

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
