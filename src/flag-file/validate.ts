import { isJsonObject } from '../model/json.ts'
import { didYouMean } from '../model/near-miss.ts'
import type { Check } from './checks.ts'
import { flagCheck, segmentCheck } from './model-checks.ts'
import { type FilePath, Problems } from './problems.ts'

const SECTIONS: Readonly<Record<string, Check>> = {
  flags: flagCheck,
  segments: segmentCheck,
  flagValues: () => {},
  // For editors.
  $schema: () => {},
}

/** Maximum nesting. Readers of the data may be recursive, so deeper values are rejected. */
const MAX_LEVELS = 200

/** Checks the parsed content of a flag file. As in evaluation, null is the same as absent. */
export function validate(content: unknown): Problems {
  const problems = new Problems()
  if (!isJsonObject(content)) {
    problems.expected([], 'an object with flags, segments or flagValues', content)
    return problems
  }
  checkValues(content, [], { problems, ancestors: new Set(), seen: new Set() })
  // The checks below would not end for a value that contains itself.
  if (problems.errors.length > 0) return problems
  for (const [name, section] of Object.entries(content)) {
    const check = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined
    if (!check) refuseSection(name, problems)
    else if (name !== '$schema' && section !== null) checkSection(section, { check, name, problems })
  }
  return problems
}

function refuseSection(name: string, problems: Problems): void {
  const known = Object.keys(SECTIONS).filter((each) => each !== '$schema')
  const hint = didYouMean(name, known) ?? `known are ${known.join(', ')}`
  problems.errors.push({ path: [name], reason: `not a section of a flag file; ${hint}` })
}

function checkSection(
  section: unknown,
  { check, name, problems }: { readonly check: Check; readonly name: string; readonly problems: Problems },
): void {
  if (!isJsonObject(section)) {
    problems.expected([name], 'an object', section)
    return
  }
  for (const [key, value] of Object.entries(section)) check(value, [name, key], problems)
}

interface Walk {
  readonly problems: Problems
  readonly ancestors: Set<object>
  readonly seen: Set<object>
}

/** Adds a problem for each value that JSON cannot represent, that is nested too deeply, or that contains itself (a YAML alias). */
function checkValues(value: unknown, path: FilePath, walk: Walk): void {
  const { problems, ancestors, seen } = walk
  if (typeof value === 'number' && !Number.isFinite(value)) {
    problems.errors.push({ path, reason: `expected a value that JSON can represent, found ${value}` })
  }
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') {
    problems.errors.push({
      path,
      reason: `expected a value that JSON can represent, found a ${typeof value}`,
    })
  }
  if (typeof value !== 'object' || value === null) return
  if (ancestors.has(value)) {
    problems.errors.push({ path, reason: 'an alias of an object that contains it' })
  } else if (path.length > MAX_LEVELS) {
    const top = path.slice(0, 2)
    problems.errors.push({ path: top, reason: `nested deeper than ${MAX_LEVELS} levels` })
  } else if (value instanceof Date || value instanceof Map || value instanceof Set) {
    problems.errors.push({
      path,
      reason: `expected a value that JSON can represent, found a ${value.constructor.name}`,
    })
  } else if (!seen.has(value)) {
    seen.add(value)
    ancestors.add(value)
    const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
      ? value.entries()
      : Object.entries(value)
    for (const [name, member] of entries) checkValues(member, [...path, name], walk)
    ancestors.delete(value)
  }
}
