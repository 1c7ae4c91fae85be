import type { Segment } from '../model/flag.ts'
import type { FlagItems } from './parse.ts'
import { type FilePath, type Problem, printFilePath } from './problems.ts'

/** Returns the problems of {@link referenceProblems} as texts for the log. */
export function referenceWarnings(items: FlagItems): readonly string[] {
  return referenceProblems(items).map(({ path, reason }) => `${printFilePath(path)}: ${reason}`)
}

/**
 * Returns a problem for each reference to a missing flag, variation or segment, for each flag that depends on itself, and for each
 * flag that is on without a fallthrough. Evaluation handles all of these, but probably not as the author of the file intended.
 */
export function referenceProblems({ flags, segments }: FlagItems): readonly Problem[] {
  const problems: Problem[] = []
  const inCycle = keysInCycles(flags)
  for (const [key, { prerequisites, rules, on, deleted, fallthrough }] of flags) {
    for (const [index, prerequisite] of (prerequisites ?? []).entries()) {
      const path = ['flags', key, 'prerequisites', index]
      const other = flags.get(prerequisite.key)
      if (!other) {
        const reason = `the prerequisite ${prerequisite.key} does not exist; the flag is off`
        problems.push({ path: [...path, 'key'], reason })
      } else if (prerequisite.variation >= (other.variations?.length ?? 0)) {
        const reason = `the prerequisite ${prerequisite.key} has no variation ${prerequisite.variation}`
        problems.push({ path: [...path, 'variation'], reason })
      }
    }
    if (on && inCycle.has(key)) {
      const reason = 'its prerequisites form a cycle, so evaluation reports it as malformed'
      problems.push({ path: ['flags', key], reason })
    }
    if (on && !deleted && fallthrough?.variation === undefined && !fallthrough?.rollout) {
      const reason =
        'it is on without a fallthrough; a context that matches no target and no rule gets the default value of the application'
      problems.push({ path: ['flags', key], reason })
    }
    addMissing(['flags', key], rules)
  }
  for (const [key, { rules }] of segments) addMissing(['segments', key], rules)
  return problems

  function addMissing(item: FilePath, rules: Segment['rules']): void {
    for (const [rule, { clauses }] of (rules ?? []).entries()) {
      for (const [clause, { op, values }] of (clauses ?? []).entries()) {
        if (op !== 'segmentMatch') continue
        for (const [value, segment] of values.entries()) {
          if (segments.has(segment as string)) continue
          const path = [...item, 'rules', rule, 'clauses', clause, 'values', value]
          problems.push({ path, reason: `the segment ${String(segment)} does not exist; it never matches` })
        }
      }
    }
  }
}

/**
 * Returns the keys of the flags that depend on themselves: the members of each strongly connected component with a cycle
 * (Tarjan's algorithm, in linear time). It does not recurse, because a chain of prerequisites can be long.
 */
function keysInCycles(flags: FlagItems['flags']): ReadonlySet<string> {
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
