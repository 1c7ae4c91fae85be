import type { Clause } from './flag.ts'

/** A named group of contexts as it travels. Members the engine does not know are kept. */
export interface Segment {
  readonly key?: string
  readonly version?: number
  /** True on a deletion that travels as a segment. */
  readonly deleted?: boolean
  readonly included?: readonly string[] | null
  readonly excluded?: readonly string[] | null
  readonly includedContexts?: readonly SegmentTarget[] | null
  readonly excludedContexts?: readonly SegmentTarget[] | null
  readonly rules?: readonly SegmentRule[] | null
  readonly salt?: string
  /** A big segment: its members are in a store of their own. */
  readonly unbounded?: boolean
  readonly unboundedContextKind?: string
  readonly generation?: number | null
}

export interface SegmentTarget {
  readonly contextKind?: string
  readonly values: readonly string[]
}

export interface SegmentRule {
  readonly id?: string
  readonly clauses?: readonly Clause[] | null
  readonly weight?: number | null
  readonly bucketBy?: string
  readonly rolloutContextKind?: string
}
