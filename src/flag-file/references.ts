import type { Clause } from '../model/flag.ts'
import type { FlagFile } from './parse.ts'

/** Returns warnings of references that lead nowhere, or in a circle: evaluation goes on, but not as it was meant. */
export function referenceWarnings({
  flags,
  segments,
}: Pick<FlagFile, 'flags' | 'segments'>): readonly string[] {
  const warnings = new Set<string>()
  for (const [key, { prerequisites, rules, on }] of flags) {
    for (const prerequisite of prerequisites ?? []) {
      const other = flags.get(prerequisite.key)
      if (!other)
        warnings.add(`flags.${key}: the prerequisite ${prerequisite.key} does not exist; the flag is off`)
      else if (prerequisite.variation >= (other.variations?.length ?? 0)) {
        warnings.add(
          `flags.${key}: the prerequisite ${prerequisite.key} has no variation ${prerequisite.variation}`,
        )
      }
    }
    if (on && leadsTo(key, key, flags))
      warnings.add(`flags.${key}: its prerequisites lead back to it; it is malformed`)
    for (const { clauses } of rules ?? []) noteMissing(`flags.${key}`, clauses)
  }
  for (const [key, { rules }] of segments) {
    for (const { clauses } of rules ?? []) noteMissing(`segments.${key}`, clauses)
  }
  return [...warnings]

  function noteMissing(place: string, clauses: readonly Clause[] | null | undefined): void {
    for (const { op, values } of clauses ?? []) {
      if (op !== 'segmentMatch') continue
      for (const segment of values as readonly string[]) {
        if (!segments.has(segment))
          warnings.add(`${place}: the segment ${segment} does not exist; it never matches`)
      }
    }
  }
}

function leadsTo(goal: string, start: string, flags: FlagFile['flags']): boolean {
  const seen = new Set<string>()
  const pending = [start]
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    for (const { key: next } of flags.get(key)?.prerequisites ?? []) {
      if (next === goal) return true
      if (!seen.has(next)) {
        seen.add(next)
        pending.push(next)
      }
    }
  }
  return false
}
