/** Returns an error or any other value as text for a log. Never throws, whatever the value is. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value that cannot be printed'
  }
}

/** Returns the message of an error, or any other value as text. Never throws, whatever the value is. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : errorText(error)
}
