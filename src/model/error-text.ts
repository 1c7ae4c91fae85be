/** Returns an error, or any other value, as text for a log. Never throws: what was thrown may be any value. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value that cannot be printed'
  }
}
