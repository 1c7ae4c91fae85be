// Not by name: Node.js 20 has no such export, and must get as far as the check of its version.
import util from 'node:util'
import { untilAborted } from '../../async/signals.ts'
import { StoreError } from '../../model/errors.ts'

/** What somebody has to put right; everything else a system complains of may pass by itself. */
const REFUSALS: ReadonlySet<string> = new Set([
  'EACCES',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
])

/** Does something with a file; rejects with a {@link StoreError} that names it, and as soon as the signal aborts. */
export async function attempt<T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted()
    return await untilAborted(work(), signal)
  } catch (error) {
    throw storeError(what, error)
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function storeError(what: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return new StoreError(cause.kind, `${what}: ${cause.message}`, { cause })
  if (!isSystemError(cause)) {
    return new StoreError(
      'unavailable',
      `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
  const { code, errno } = cause
  // Only a write can fail like this: reads take what is missing for empty.
  const reason = code === 'ENOENT' ? 'its folder does not exist' : util.getSystemErrorMessage(errno)
  const why = `${reason} (${code})`
  // Not the system's own message: it names a temporary file, so that each failure would look like a new reason.
  const options = { cause: new Error(why, { cause }) }
  return new StoreError(REFUSALS.has(code) ? 'refused' : 'unavailable', `${what}: ${why}`, options)
}

export function isSystemError(
  error: unknown,
): error is Error & { readonly code: string; readonly errno: number } {
  return error instanceof Error && 'code' in error && 'errno' in error && typeof error.errno === 'number'
}
