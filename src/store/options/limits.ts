/** What a number is kept within. */
export interface Limits {
  readonly least?: number
  readonly most?: number
}

/** The number, or the limit it is beyond. */
export function withinLimits(value: number, { least = -Infinity, most = Infinity }: Limits): number {
  return Math.min(most, Math.max(least, value))
}

/** Says which limit is used in place of a number, if one is. */
export function limitWarning(path: string, value: unknown, limits: Limits): readonly string[] {
  if (typeof value !== 'number') return []
  const kept = withinLimits(value, limits)
  if (kept === value) return []
  return [`${path} ${value} is ${kept > value ? 'below the minimum' : 'above the maximum'}; ${kept} is used`]
}
