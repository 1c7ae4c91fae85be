import type { TargetingClause } from '../model/flag.ts'
import type { FlagFile } from './parse.ts'

/**
 * Returns a warning for each reference to a missing flag, variation or segment, and for each flag that depends on itself.
 * Evaluation handles all of these, but probably not as the author of the file intended.
 */
export function referenceWarnings({
  flags,
  segments,
}: Pick<FlagFile, 'flags' | 'segments'>): readonly string[] {
  const warnings = new Set<string>()
  const inCycle = keysInCycles(flags)
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
    if (on && inCycle.has(key))
      warnings.add(`flags.${key}: its prerequisites form a cycle, so evaluation reports it as malformed`)
    for (const { clauses } of rules ?? []) warnOfMissing(`flags.${key}`, clauses)
  }
  for (const [key, { rules }] of segments) {
    for (const { clauses } of rules ?? []) warnOfMissing(`segments.${key}`, clauses)
  }
  return [...warnings]

  function warnOfMissing(place: string, clauses: readonly TargetingClause[] | null | undefined): void {
    for (const { op, values } of clauses ?? []) {
      if (op !== 'segmentMatch') continue
      for (const segment of values as readonly string[]) {
        if (!segments.has(segment))
          warnings.add(`${place}: the segment ${segment} does not exist; it never matches`)
      }
    }
  }
}

/**
 * Returns the keys of the flags that depend on themselves: the members of each strongly connected component with a cycle
 * (Tarjan's algorithm, in linear time). It does not recurse, because a chain of prerequisites can be long.
 */
function keysInCycles(flags: FlagFile['flags']): ReadonlySet<string> {
  const found = new Set<string>()
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const component: string[] = []
  const open = new Set<string>()

  for (const root of flags.keys()) {
    if (order.has(root)) continue
    const path = [enter(root)]
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.prerequisites[top.done++]?.key
      if (next === undefined) {
        path.pop()
        leave(top.key)
        const parent = path.at(-1)
        if (parent) lower(parent.key, lowest.get(top.key))
      } else if (next === top.key) found.add(next)
      else if (!order.has(next)) path.push(enter(next))
      else if (open.has(next)) lower(top.key, order.get(next))
    }
  }
  return found

  function enter(key: string) {
    order.set(key, order.size)
    lowest.set(key, order.size - 1)
    component.push(key)
    open.add(key)
    return { key, prerequisites: flags.get(key)?.prerequisites ?? [], done: 0 }
  }

  /** Closes a component if the flag is its first member: the component is the flag and everything above it on the stack. */
  function leave(key: string): void {
    if (lowest.get(key) !== order.get(key)) return
    const members = component.splice(component.lastIndexOf(key))
    for (const member of members) {
      open.delete(member)
      if (members.length > 1) found.add(member)
    }
  }

  function lower(key: string, value = Infinity): void {
    lowest.set(key, Math.min(lowest.get(key) ?? Infinity, value))
  }
}
