/** Returns an error, or any other value, as text for a log. Never throws: what was thrown may be any value. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value that cannot be printed'
  }
}

/** Returns the message of an error, or any other value as text. Never throws: what was thrown may be any value. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : errorText(error)
}
