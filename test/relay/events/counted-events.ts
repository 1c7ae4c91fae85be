/** Returns a summary with these counters, by flag. */
export function summaryOf(counters: Readonly<Record<string, unknown>>): {
  readonly kind: 'summary'
  readonly [member: string]: unknown
} {
  const features = Object.entries(counters).map(([key, each]) => [key, { default: null, counters: each }])
  return { kind: 'summary', startDate: 1, endDate: 2, features: Object.fromEntries(features) as object }
}
