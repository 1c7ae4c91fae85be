import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import { withMemberships } from '../../big-segments/memberships.ts'
import type { PreparedContext } from '../../evaluation/context.ts'
import { type Evaluation, NO_PATTERN_ENGINE } from '../../evaluation/detail.ts'
import { evaluatePrepared } from '../../evaluation/evaluate.ts'
import type { Patterns } from '../../evaluation/patterns.ts'
import type { FlagReader, MembershipReader } from '../../evaluation/run.ts'
import type { Flag } from '../../model/flag.ts'
import type { VisibleFlags } from './client-data.ts'
import type { FlagEncoder } from './flag-encoder.ts'

/** The memberships in big segments for the evaluations of one request. */
export interface Memberships extends MembershipReader {
  /** Queries a membership that an evaluation missed. Never rejects. */
  query(contextKey: string): Promise<void>
}

export interface EvaluationInput {
  readonly reader: FlagReader
  readonly flags: VisibleFlags
  readonly context: PreparedContext
  readonly memberships: Memberships | undefined
}

export interface EvaluationTools {
  readonly clock: Clock
  readonly patterns: Pick<Patterns, 'load'>
}

export interface EvaluatedFlags {
  /** The flags as JSON. */
  readonly fragments: readonly string[]
  /** True if the result also depends on memberships in big segments. */
  readonly usesBigSegments: boolean
}

/** Number of evaluations between two looks at the clock. A pattern may take long for a hostile context. */
const FLAGS_PER_LOOK = 4

/** Evaluates flags for one context. Loads the pattern engine and queries memberships if a flag needs them. */
export async function evaluateFlags(
  { reader: data, flags, context, memberships }: EvaluationInput,
  { clock, patterns }: EvaluationTools,
): Promise<EvaluatedFlags> {
  const reader = withMemberships(data, memberships)
  const supply = supplierOf(memberships, patterns)
  const pause = timeSlices(clock)
  const fragments = [...flags.constants]
  let usesBigSegments = false
  for (let index = 0; index < flags.others.length; ) {
    const encoder = flags.others[index] as FlagEncoder
    const evaluation = evaluatePrepared(reader, encoder.flag, context)
    const supplied = supply(evaluation)
    if (supplied) {
      await supplied
      continue
    }
    if (evaluation.reason.bigSegmentsStatus !== undefined) usesBigSegments = true
    fragments.push(encoder.encode(evaluation))
    index++
    const paused = index % FLAGS_PER_LOOK === 0 ? pause() : undefined
    if (paused) await paused
  }
  return { fragments, usesBigSegments }
}

/** Evaluates one flag, in the same way. */
export async function evaluateFlag(
  { reader: data, context, memberships }: Omit<EvaluationInput, 'flags'>,
  flag: Flag,
  { patterns }: EvaluationTools,
): Promise<Evaluation> {
  const reader = withMemberships(data, memberships)
  const supply = supplierOf(memberships, patterns)
  for (;;) {
    const evaluation = evaluatePrepared(reader, flag, context)
    const supplied = supply(evaluation)
    if (!supplied) return evaluation
    await supplied
  }
}

/** Returns a function that obtains what an evaluation lacked. It returns undefined if nothing was missing. */
function supplierOf(
  memberships: Memberships | undefined,
  patterns: EvaluationTools['patterns'],
): (evaluation: Evaluation) => Promise<void> | undefined {
  let triedEngine = false
  return (evaluation) => {
    if (evaluation === NO_PATTERN_ENGINE && !triedEngine) {
      triedEngine = true
      return patterns.load()
    }
    const { missingMembership } = evaluation
    return missingMembership === undefined ? undefined : memberships?.query(missingMembership)
  }
}
