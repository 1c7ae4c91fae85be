import type { Steps } from '../async/slices.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
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

/** Checks the parsed content of a flag file, one entry in a step. As in evaluation, null is the same as absent. */
export function* validating(content: unknown): Steps<Problems> {
  const problems = new Problems()
  if (!isJsonObject(content)) {
    problems.expected([], 'an object with flags, segments or flagValues', content)
    return problems
  }
  yield* checkingValues(content, problems)
  // The checks below would not end for a value that contains itself.
  if (problems.errors.length > 0) return problems
  for (const [name, section] of Object.entries(content)) {
    const check = Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined
    if (!check) refuseSection(name, problems)
    else if (name !== '$schema' && section !== null)
      yield* checkingSection(section, { check, name, problems })
  }
  return problems
}

function refuseSection(name: string, problems: Problems): void {
  const known = Object.keys(SECTIONS).filter((each) => each !== '$schema')
  const hint = didYouMean(name, known) ?? `known are ${known.join(', ')}`
  problems.errors.push({ path: [name], reason: `not a section of a flag file; ${hint}` })
}

function* checkingSection(
  section: unknown,
  { check, name, problems }: { readonly check: Check; readonly name: string; readonly problems: Problems },
): Steps<void> {
  if (!isJsonObject(section)) {
    problems.expected([name], 'an object', section)
    return
  }
  for (const [key, value] of Object.entries(section)) {
    check(value, [name, key], problems)
    yield
  }
}

interface Walk {
  readonly problems: Problems
  readonly ancestors: Set<object>
  readonly seen: Set<object>
  /** The path of the present value, which the walk changes. */
  readonly path: (string | number)[]
}

/** Adds a problem for each value that JSON cannot represent, that is nested too deeply, or that contains itself (a YAML alias). */
function* checkingValues(content: JsonObject, problems: Problems): Steps<void> {
  const seen = new Set<object>()
  for (const [name, section] of Object.entries(content)) {
    if (!isJsonObject(section) || seen.has(section) || section === content) {
      checkValues(section, { problems, ancestors: new Set([content]), seen, path: [name] })
      continue
    }
    seen.add(section)
    const ancestors = new Set<object>([content, section])
    for (const [key, value] of Object.entries(section)) {
      checkValues(value, { problems, ancestors, seen, path: [name, key] })
      yield
    }
  }
}

function checkValues(value: unknown, walk: Walk): void {
  const { problems, ancestors, seen, path } = walk
  const refuse = (reason: string, place: FilePath = path): void => {
    problems.errors.push({ path: [...place], reason })
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    refuse(`expected a value that JSON can represent, found ${value}`)
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function')
    refuse(`expected a value that JSON can represent, found a ${typeof value}`)
  if (typeof value !== 'object' || value === null) return
  if (ancestors.has(value)) refuse('an alias of an object that contains it')
  else if (path.length > MAX_LEVELS) refuse(`nested deeper than ${MAX_LEVELS} levels`, path.slice(0, 2))
  else if (value instanceof Date || value instanceof Map || value instanceof Set)
    refuse(`expected a value that JSON can represent, found a ${value.constructor.name}`)
  else if (!seen.has(value)) {
    seen.add(value)
    ancestors.add(value)
    const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
      ? value.entries()
      : Object.entries(value)
    for (const [name, member] of entries) {
      path.push(name)
      checkValues(member, walk)
      path.pop()
    }
    ancestors.delete(value)
  }
}
