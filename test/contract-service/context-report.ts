import type { Context, FlagClient } from '../../src/index.ts'
import { canonicalContext } from './canonical-context.ts'

/** A context as JSON text, or its problem. */
export type ContextReport = { readonly output: string } | { readonly error: string }

/** The library decides whether a context is valid: it refuses the secure mode hash of an invalid one. */
export function reportContext(client: FlagClient, context: Context): ContextReport {
  try {
    client.secureModeHash(context)
  } catch (error) {
    return { error: String(error) }
  }
  return { output: JSON.stringify(canonicalContext(context)) }
}
