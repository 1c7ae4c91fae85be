export const UNSET_HINT = 'is the environment variable set that it comes from?'

/** Texts that an unset variable becomes when it is converted to a string. */
const STRINGIFIED: ReadonlySet<string> = new Set(['undefined', 'null'])

/**
 * Returns the second half of "expected an SDK key, received ..." for a wrong value, with the usual cause; `undefined`
 * for a right one. Never repeats the value.
 */
export function sdkKeyFault(value: unknown): string | undefined {
  if (value === undefined || value === null) return `${value} (${UNSET_HINT})`
  if (typeof value !== 'string') return `a value of type ${Array.isArray(value) ? 'array' : typeof value}`
  if (value === '') return `an empty string (${UNSET_HINT})`
  if (STRINGIFIED.has(value)) return `the string "${value}" (${UNSET_HINT})`
  if (value.trim() === '') return `a string of white space only (${UNSET_HINT})`
  if (value.trim() !== value) {
    return 'a string that begins or ends with white space or a line break (trim it; files often end with a line break)'
  }
  if (/[\s\p{Cc}]/u.test(value)) return 'a string with white space or control characters in it'
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return 'a string with characters outside of ASCII (was it copied from a formatted document?)'
  }
  return undefined
}
