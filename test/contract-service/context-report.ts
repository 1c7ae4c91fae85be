import type { Context, FlagClient } from '../../src/index.ts'
import { canonicalContext } from './canonical-context.ts'

/** A context as JSON text, or what is wrong with it. */
export type ContextReport = { readonly output: string } | { readonly error: string }

/** Whether a context is valid is for the library to say; a hash is what it refuses to an invalid one. */
export function reportContext(client: FlagClient, context: Context): ContextReport {
  try {
    client.secureModeHash(context)
  } catch (error) {
    return { error: String(error) }
  }
  return { output: JSON.stringify(canonicalContext(context)) }
}
