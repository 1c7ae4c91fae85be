/** A day, a time and a zone, as RFC 3339 writes them. What follows is left to `Date.parse`. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d(?::\d\d)?)/

/** Milliseconds since 1970 of a number, which already is that, or of an RFC 3339 text. NaN is no date. */
export function parseDate(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN
}
