/** The members that flags and segments share. */
export interface DataObject {
  /** The key, which identifies the object within its kind. */
  readonly key?: string
  /** The version, which the service increases with each change of the object. */
  readonly version?: number
  /** True for a deletion that is sent as an object. */
  readonly deleted?: boolean
  /** The text that is hashed with context keys to compute buckets. */
  readonly salt?: string
}

/** A feature flag in the format of the protocol. Unknown members are kept. */
export interface Flag extends DataObject {
  /** True if targeting is on. Otherwise the flag serves `offVariation`. */
  readonly on?: boolean
  /** The flags that must have certain variations. If one is not met, the flag serves `offVariation`. */
  readonly prerequisites?: readonly Prerequisite[] | null
  /** Lists of keys of the kind `user` that have a variation of their own. */
  readonly targets?: readonly FlagTarget[] | null
  /** Lists of keys of any kind that have a variation of their own. A list of users without keys refers to `targets`. */
  readonly contextTargets?: readonly FlagTarget[] | null
  /** The rules in their order. The first that matches determines the variation. */
  readonly rules?: readonly FlagRule[] | null
  /** The variation or rollout for contexts that match neither a target nor a rule. */
  readonly fallthrough?: VariationOrRollout | null
  /** The index of the variation that is served while the flag is off. Absent or `null`: the fallback value. */
  readonly offVariation?: number | null
  /** The possible values. Other members refer to them by their index, from 0. */
  readonly variations?: readonly unknown[] | null
  /** True if each evaluation is sent as an event. */
  readonly trackEvents?: boolean
  /** True if each evaluation that ends at `fallthrough` is sent as an event with its reason. */
  readonly trackEventsFallthrough?: boolean
  /** Milliseconds since the Unix epoch. */
  readonly debugEventsUntilDate?: number | null
  /** True if evaluations are left out of summary events. */
  readonly excludeFromSummaries?: boolean
  /** N if one of N events of evaluations is sent. Default 1. */
  readonly samplingRatio?: number | null
  /** The settings of a migration flag. `checkRatio` is N if one of N reads is checked for consistency. */
  readonly migration?: { readonly checkRatio?: number | null } | null
  /** The older form of `clientSideAvailability`. */
  readonly clientSide?: boolean
  /** The kinds of client-side SDK that can see the flag. */
  readonly clientSideAvailability?: ClientSideAvailability | null
}

/** The kinds of client-side SDK that can see a flag. */
export interface ClientSideAvailability {
  /** True if mobile SDKs can see the flag. */
  readonly usingMobileKey?: boolean
  /** True if browser SDKs can see the flag. */
  readonly usingEnvironmentId?: boolean
}

/** A variation that another flag must have. */
export interface Prerequisite {
  /** The key of the other flag. */
  readonly key: string
  /** The index of the variation that the other flag must have while it is on. */
  readonly variation: number
}

/** A list of context keys that have a variation of their own. */
export interface FlagTarget extends SegmentTarget {
  /** The index of the variation. */
  readonly variation: number
}

/** A variation for all contexts, or a rollout that divides them. */
export interface VariationOrRollout {
  /** The index of the variation for all contexts. It takes precedence over `rollout`. */
  readonly variation?: number | null
  /** The division of the contexts among several variations. */
  readonly rollout?: Rollout | null
}

/** A percentage rollout. Weights are in thousandths of a percent and sum to 100,000. */
export interface Rollout {
  /** The purpose: `experiment` sets `inExperiment` in reasons and ignores `bucketBy`. Default `rollout`. */
  readonly kind?: 'rollout' | 'experiment'
  /** The kind of context that is divided. Default `user`. */
  readonly contextKind?: string
  /** The attribute that determines the bucket. Default `key`. */
  readonly bucketBy?: string
  /** The number that is hashed in place of key and salt of the flag. Default: none. */
  readonly seed?: number | null
  /** The shares: index of the variation, weight, and `untracked` for contexts that are not part of an experiment. */
  readonly variations: readonly {
    readonly variation: number
    readonly weight: number
    readonly untracked?: boolean
  }[]
}

/** A rule of a flag. It matches if all its clauses match. */
export interface FlagRule extends VariationOrRollout {
  /** The ID of the rule, which reasons contain. */
  readonly id?: string
  /** The conditions. A rule without clauses matches every context. */
  readonly clauses?: readonly TargetingClause[] | null
  /** True if each evaluation that ends at this rule is sent as an event with its reason. */
  readonly trackEvents?: boolean
}

/** A condition of a rule. */
export interface TargetingClause {
  /** The kind of context that has the attribute. Default `user`. */
  readonly contextKind?: string
  /** The attribute: a name, or a path that begins with a slash. Ignored by `segmentMatch`. */
  readonly attribute?: string
  /** The operator, for example `in`, `endsWith`, `semVerGreaterThan` or `segmentMatch`. */
  readonly op: string
  /** The values to compare with, of which one must match. For `segmentMatch`: keys of segments. */
  readonly values: readonly unknown[]
  /** True if the clause matches when no value does. Default false. */
  readonly negate?: boolean
}

/** A segment, which is a named group of contexts, in the format of the protocol. Unknown members are kept. */
export interface Segment extends DataObject {
  /** Keys of the kind `user` that are members. */
  readonly included?: readonly string[] | null
  /** Keys of the kind `user` that are no members, unless they are included. */
  readonly excluded?: readonly string[] | null
  /** Lists of keys of any kind that are members. */
  readonly includedContexts?: readonly SegmentTarget[] | null
  /** Lists of keys of any kind that are no members, unless they are included. */
  readonly excludedContexts?: readonly SegmentTarget[] | null
  /** The rules for contexts that are in no list. A context is a member if one of them matches. */
  readonly rules?: readonly SegmentRule[] | null
  /** True for a big segment, whose members are in a separate store. */
  readonly unbounded?: boolean
  /** The kind of context whose members a big segment lists. Default `user`. */
  readonly unboundedContextKind?: string
  /** The generation of a big segment. Its members are stored under key and generation. */
  readonly generation?: number | null
}

/** A list of context keys of one kind. */
export interface SegmentTarget {
  /** The kind of the contexts. Default `user`. */
  readonly contextKind?: string
  /** The keys of the contexts. */
  readonly values: readonly string[]
}

/** A rule of a segment. It matches if all its clauses match, and the context is in its share. */
export interface SegmentRule {
  /** The ID of the rule. */
  readonly id?: string
  /** The conditions. A rule without clauses matches every context. */
  readonly clauses?: readonly TargetingClause[] | null
  /** The share of matching contexts that are members, in thousandths of a percent. Absent or `null`: all of them. */
  readonly weight?: number | null
  /** The attribute that determines the share. Default `key`. */
  readonly bucketBy?: string
  /** The kind of context that is divided into members and others. Default `user`. */
  readonly rolloutContextKind?: string
}
