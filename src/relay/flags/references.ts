import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import { listOf } from '../../evaluation/lists.ts'
import { type ItemKind, KINDS, type Snapshot } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import { isJsonObject } from '../../model/json.ts'
import { segmentSteps } from './segment-words.ts'
import { keyOf, type Sentence, type Word } from './sentence.ts'

/** The flags and segments that refer to an item directly, the first ones by name. */
export interface References {
  readonly items: readonly Word[]
  readonly total: number
}

/** A segment that a flag or segment uses, directly or through another segment, in words. */
export interface UsedSegment {
  readonly key: Word
  /** Absent if the segment does not exist. */
  readonly steps?: readonly Sentence[]
  readonly isBig: boolean
}

const MAX_REFERENCES = 50
const MAX_SEGMENTS = 20

/** Searches all data, in time slices, for the items that refer to one. Rejects with the reason of the signal when that aborts. */
export async function referencesTo(
  { kind, key }: { readonly kind: ItemKind; readonly key: string },
  snapshot: Snapshot,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<References> {
  const pause = timeSlices(clock)
  const items: Word[] = []
  let total = 0
  for (const user of KINDS) {
    for (const item of (user === 'flag' ? snapshot.flags : snapshot.segments).values()) {
      const paused = pause()
      if (paused) await paused
      signal.throwIfAborted()
      const used = kind === 'flag' ? requiredFlags(item.object) : segmentsIn(item.object)
      if (!used.includes(key)) continue
      total++
      if (items.length < MAX_REFERENCES) items.push(keyOf(user, item.key))
    }
  }
  return { items, total }
}

/** Returns the segments that a flag or segment uses, each before those that only it uses. */
export function usedSegments({ segments }: Snapshot, user: Flag | Segment): readonly UsedSegment[] {
  const keys = new Set(segmentsIn(user))
  const used: UsedSegment[] = []
  // The set grows during the iteration.
  for (const key of keys) {
    if (used.length === MAX_SEGMENTS) break
    const segment: Segment | undefined = segments.get(key)?.object
    used.push({
      key: keyOf('segment', key),
      ...(segment && { steps: segmentSteps(segment) }),
      isBig: Boolean(segment?.unbounded),
    })
    if (segment) for (const nested of segmentsIn(segment)) keys.add(nested)
  }
  return used
}

function requiredFlags({ prerequisites }: Flag): readonly unknown[] {
  return listOf(prerequisites).map((prerequisite) =>
    isJsonObject(prerequisite) ? prerequisite.key : undefined,
  )
}

function segmentsIn({ rules }: Flag | Segment): readonly string[] {
  const clauses = listOf(rules).flatMap((rule) => (isJsonObject(rule) ? listOf(rule.clauses) : []))
  return clauses
    .filter((clause) => isJsonObject(clause) && clause.op === 'segmentMatch')
    .flatMap((clause) => listOf((clause as { readonly values?: unknown }).values))
    .filter((key) => typeof key === 'string')
}
