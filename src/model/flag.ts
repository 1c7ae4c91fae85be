/** The members that flags and segments share. */
interface DataObject {
  readonly key?: string
  readonly version?: number
  /** True for a deletion that is sent as an object. */
  readonly deleted?: boolean
  readonly salt?: string
}

/** A feature flag in the format of the protocol. Unknown members are kept. */
export interface Flag extends DataObject {
  readonly on?: boolean
  readonly prerequisites?: readonly Prerequisite[] | null
  readonly targets?: readonly FlagTarget[] | null
  readonly contextTargets?: readonly FlagTarget[] | null
  readonly rules?: readonly FlagRule[] | null
  readonly fallthrough?: VariationOrRollout | null
  readonly offVariation?: number | null
  readonly variations?: readonly unknown[] | null
  readonly trackEvents?: boolean
  readonly trackEventsFallthrough?: boolean
  /** Milliseconds since the Unix epoch. */
  readonly debugEventsUntilDate?: number | null
  readonly excludeFromSummaries?: boolean
  readonly samplingRatio?: number | null
  readonly migration?: { readonly checkRatio?: number | null } | null
  /** The older form of `clientSideAvailability`. */
  readonly clientSide?: boolean
  readonly clientSideAvailability?: ClientSideAvailability | null
}

/** The kinds of client-side SDK that can see a flag. */
export interface ClientSideAvailability {
  readonly usingMobileKey?: boolean
  readonly usingEnvironmentId?: boolean
}

export interface Prerequisite {
  readonly key: string
  readonly variation: number
}

export interface FlagTarget extends SegmentTarget {
  readonly variation: number
}

export interface VariationOrRollout {
  readonly variation?: number | null
  readonly rollout?: Rollout | null
}

/** A percentage rollout. Weights are in thousandths of a percent and sum to 100,000. */
export interface Rollout {
  readonly kind?: 'rollout' | 'experiment'
  readonly contextKind?: string
  readonly bucketBy?: string
  readonly seed?: number | null
  readonly variations: readonly {
    readonly variation: number
    readonly weight: number
    readonly untracked?: boolean
  }[]
}

export interface FlagRule extends VariationOrRollout {
  readonly id?: string
  readonly clauses?: readonly TargetingClause[] | null
  readonly trackEvents?: boolean
}

export interface TargetingClause {
  readonly contextKind?: string
  readonly attribute?: string
  readonly op: string
  readonly values: readonly unknown[]
  readonly negate?: boolean
}

/** A segment, which is a named group of contexts, in the format of the protocol. Unknown members are kept. */
export interface Segment extends DataObject {
  readonly included?: readonly string[] | null
  readonly excluded?: readonly string[] | null
  readonly includedContexts?: readonly SegmentTarget[] | null
  readonly excludedContexts?: readonly SegmentTarget[] | null
  readonly rules?: readonly SegmentRule[] | null
  /** True for a big segment, whose members are in a separate store. */
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
  readonly clauses?: readonly TargetingClause[] | null
  readonly weight?: number | null
  readonly bucketBy?: string
  readonly rolloutContextKind?: string
}
