import type { Change, PutChange } from './change-set.ts'

/**
 * Maximum depth of nested objects and lists in a flag or segment. Node compares and writes nested values
 * recursively, and overflows its stack at some thousands; parsers of other SDKs stop much earlier.
 */
export const MAX_NESTING = 500

export const TOO_DEEP: string = `it is nested deeper than ${MAX_NESTING} levels`

export function isTooDeep(value: unknown): boolean {
  return exceeds(value, MAX_NESTING)
}

/** Returns whether the value of a JSON text can be too deep: each level has at least an opening and a closing bracket. */
export function canBeTooDeep(text: string): boolean {
  return text.length > 2 * MAX_NESTING
}

/**
 * Returns whether a JSON text is nested deeper than {@link MAX_NESTING}, without parsing it: `JSON.parse` takes a second for a
 * few megabytes of brackets. The result for other text is arbitrary.
 */
export function isTextTooDeep(text: string): boolean {
  if (!canBeTooDeep(text)) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (inString && character === '\\') index++
    else if (character === '"') inString = !inString
    else if (inString) continue
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    if (depth > MAX_NESTING) return true
  }
  return false
}

export function tooDeepAmong(changes: readonly Change[]): readonly PutChange[] {
  return changes.filter((change): change is PutChange => change.op === 'put' && isTooDeep(change.object))
}

/** Recursive: as fast as any other form (decision 26), and the limit bounds the depth. */
function exceeds(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object' && exceeds(element, levels - 1)) return true
    return false
  }
  for (const name in value) {
    const member: unknown = (value as Readonly<Record<string, unknown>>)[name]
    if (typeof member === 'object' && exceeds(member, levels - 1)) return true
  }
  return false
}
