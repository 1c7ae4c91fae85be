/** Returns what an error says of itself, for a log. Never throws, although what was thrown may be any value. */
export function errorText(error: unknown): string {
  try {
    return String(error)
  } catch {
    return 'a value that cannot be printed'
  }
}
