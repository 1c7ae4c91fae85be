import type { BigSegmentMembership } from '../model/big-segment-store.ts'
import type { ItemLookup } from '../model/change-set.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { PreparedContext } from './context.ts'
import type { BigSegmentsStatus, PrerequisiteEvaluation } from './detail.ts'
import type { Refusal } from './pattern.ts'
import type { Trace } from './trace.ts'

/** The longest chain of prerequisites or nested segments; a longer one is treated as malformed. */
const MAX_DEPTH = 250

/** The most flags and segments that one evaluation visits, because a graph of them may have exponentially many paths. */
const MAX_VISITS = 100_000

/** One evaluation of a flag, with all that it evaluates on the way. */
export class Run {
  readonly reader: FlagReader
  readonly context: PreparedContext
  /** Set once the evaluation reached a big segment. */
  bigSegments: BigSegmentsUse | undefined
  refusal: Refusal | undefined
  /** Evaluations of prerequisites, each before the one that required it; `undefined` if there are none or they are not recorded. */
  recorded: PrerequisiteEvaluation[] | undefined
  /** Receives the steps of the evaluation; `undefined` if they are not explained. */
  readonly trace: Trace | undefined
  readonly #records: Recording
  #visits = 0

  constructor(reader: FlagReader, context: PreparedContext, records: Recording) {
    this.reader = reader
    this.context = context
    this.trace = typeof records === 'string' ? undefined : records
    this.#records = records
  }

  record(evaluation: PrerequisiteEvaluation): void {
    if (this.#records !== 'prerequisites') return
    this.recorded ??= []
    this.recorded.push(evaluation)
  }

  /** Records the status of a membership that was used. The reason has the worst one. */
  noteBigSegments(status: BigSegmentsStatus): void {
    this.trace?.bigSegmentStatus(status)
    if (this.bigSegments === undefined) this.bigSegments = { status, missing: undefined }
    else if (SEVERITY[status] > SEVERITY[this.bigSegments.status]) this.bigSegments.status = status
  }

  /** Records the first membership that must be queried before the evaluation can be decided. */
  noteMissingMembership(contextKey: string): void {
    this.noteBigSegments('STORE_ERROR')
    if (this.bigSegments !== undefined) this.bigSegments.missing ??= contextKey
  }

  /** Returns the path extended by a key, or `undefined` if that closes a cycle or exceeds a limit. */
  step(from: Path | undefined, key: string): Path | undefined {
    this.#visits += 1
    const depth = from === undefined ? 1 : from.depth + 1
    if (this.#visits > MAX_VISITS || depth > MAX_DEPTH || isOn(from, key)) return undefined
    return { key, from, depth }
  }
}

/** The evaluations that a run records beside its result. */
export type Recording = 'nothing' | 'prerequisites' | Trace

/** The chain of prerequisites or segments that led to the current one. */
export interface Path {
  readonly key: string
  readonly from: Path | undefined
  readonly depth: number
}

function isOn(path: Path | undefined, key: string): boolean {
  for (let step = path; step !== undefined; step = step.from) if (step.key === key) return true
  return false
}

/** A source of flags and segments for the evaluation. Synchronous; never throws. */
export interface FlagReader {
  flag(key: string): Flag | undefined
  segment(key: string): Segment | undefined
  /** Returns the items that replace others of the same key. Absent if there are none. */
  readonly overriding?: ItemLookup
  /** The members of big segments. Absent if no store of them is configured. */
  readonly memberships?: MembershipReader
}

/** A source of memberships in big segments for the evaluation. Synchronous; never throws. */
export interface MembershipReader {
  /** Returns the membership of a context key, or `undefined` if it must be queried first. */
  membership(contextKey: string): Membership | undefined
}

/** The answer to a query for a context key. */
export interface Membership {
  /** The big segments that include (true) or exclude (false) the context, by reference. */
  readonly references: BigSegmentMembership
  readonly status: BigSegmentsStatus
}

interface BigSegmentsUse {
  status: BigSegmentsStatus
  missing: string | undefined
}

const SEVERITY: Readonly<Record<BigSegmentsStatus, number>> = {
  HEALTHY: 0,
  STALE: 1,
  STORE_ERROR: 2,
  NOT_CONFIGURED: 3,
}
