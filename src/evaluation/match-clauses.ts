import type { Segment } from '../model/flag.ts'
import type { CompiledClause, Match } from './clause.ts'
import { CompiledSegment } from './compiled-segment.ts'
import { partOf } from './prepared-context.ts'
import type { Path, Run } from './run.ts'

const compiledSegments = new WeakMap<Segment, CompiledSegment>()

/**
 * Whether all clauses match; where there is no list of them, nothing does. A malformed clause counts as a match when
 * another follows: the official SDK has it so, and a flag must not change its value with the SDK. Something that is no
 * clause at all, on which the official SDK throws, ends it.
 */
export function matchClauses(
  clauses: readonly (CompiledClause | undefined)[] | undefined,
  run: Run,
  path?: Path,
): Match {
  if (clauses === undefined) return false
  let last: Match = true
  for (const clause of clauses) {
    if (clause === undefined) return 'malformed'
    last = clause.segments === undefined ? clause.matches(run) : matchSegments(clause, run, path)
    if (last === false) return false
  }
  return last
}

/** Whether the context is in any of the segments. One that is not there has no members. */
function matchSegments({ segments = [], negate }: CompiledClause, run: Run, path: Path | undefined): Match {
  for (const key of segments) {
    const segment = typeof key === 'string' ? run.reader.segment(key) : undefined
    if (segment === undefined) continue
    const here = run.step(path, key as string)
    if (here === undefined) return 'malformed'
    const match = matchSegment(compiledSegment(segment), run, here)
    if (match === 'malformed') return match
    if (match) return !negate
  }
  return negate
}

function matchSegment(segment: CompiledSegment, run: Run, path: Path): Match {
  if (segment.unboundedKind === undefined) {
    const listed = segment.listed(run.context)
    if (listed !== undefined) return listed
  } else {
    // Who is in a big segment stands in a store of its own. Without one only rules can tell.
    if (!partOf(run.context, segment.unboundedKind)?.key) return false
    run.needsBigSegments = true
    if (!segment.hasGeneration) return false
  }
  for (const rule of segment.rules) {
    if (rule === undefined) return 'malformed'
    let match = matchClauses(rule.clauses, run, path)
    if (match === true) match = rule.takes(run.context)
    if (match !== false) return match
  }
  return false
}

function compiledSegment(segment: Segment): CompiledSegment {
  const known = compiledSegments.get(segment)
  if (known !== undefined) return known
  const compiled = new CompiledSegment(segment)
  compiledSegments.set(segment, compiled)
  return compiled
}
