// A default import, because the named export does not exist in Node.js 20, and the version check must run first.
import util from 'node:util'
import { untilAborted } from '../../async/signals.ts'
import { StoreError } from '../../model/errors.ts'

/** System errors that do not pass by themselves, for example a missing permission. */
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

/** Runs a file operation. Rejects with a {@link StoreError} whose message begins with `what`, or if the signal aborts. */
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
  // Only writes fail with ENOENT; for reads, a missing file is an empty one.
  const reason = code === 'ENOENT' ? 'its folder does not exist' : util.getSystemErrorMessage(errno)
  const text = `${reason} (${code})`
  // The system's message contains the name of a temporary file, so each failure would be logged as a new one.
  const options = { cause: new Error(text, { cause }) }
  return new StoreError(REFUSALS.has(code) ? 'refused' : 'unavailable', `${what}: ${text}`, options)
}

export function isSystemError(
  error: unknown,
): error is Error & { readonly code: string; readonly errno: number } {
  return error instanceof Error && 'code' in error && 'errno' in error && typeof error.errno === 'number'
}
