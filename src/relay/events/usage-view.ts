import type { Audience } from '../addresses.ts'

/**
 * The result of evaluations: the index of a variation, or `default` (the flag gave no variation), `unknown` (the SDK did not have the
 * flag), or `former` (an index that the flag does not have in the data of the relay).
 */
export type CountedVariation = number | 'default' | 'unknown' | 'former'

/** The evaluations of one result. */
export interface UsageCounts {
  /** Evaluations in each of the last 60 minutes, oldest first. The last element is the present minute, which is not over. */
  readonly perMinute: readonly number[]
  /** Evaluations since the start of the environment. */
  readonly total: number
  /** The time at which the last of them was received, in milliseconds since the Unix epoch; 0 if there is none. */
  readonly lastAt: number
}

/** The evaluations of a flag that gave one variation. */
export interface VariationUsage extends UsageCounts {
  readonly variation: CountedVariation
}

/** A flag that SDKs evaluated although they, or the relay, do not have it. */
export interface UnknownFlag extends UsageCounts {
  readonly key: string
  /** The kind of credential of these SDKs. */
  readonly audience: Audience
  /** True if the relay has the flag, for example if it is not available to browsers. */
  readonly isInData: boolean
}

/** One series of the metric of evaluations. Absent names: the sum of all others. */
export interface UsageSeries {
  readonly flag?: string
  readonly variation?: CountedVariation
  readonly total: number
}

/** The sums of all evaluations of one environment. */
export interface UsageSums {
  /** Start of the counts, in milliseconds since the Unix epoch. */
  readonly since: number
  /** All evaluations since then. */
  readonly evaluations: number
  /** Those of flags that the SDK or the relay does not have. */
  readonly unknownEvaluations: number
  /** The unknown flags that were evaluated last, newest first, at most five. */
  readonly latestUnknown: readonly Pick<UnknownFlag, 'key' | 'total'>[]
}

/** The numbers of evaluations of one environment, read at the time of a call. */
export interface UsageReader extends UsageSums {
  /** Those that are part of the sums only, because a limit is reached. */
  readonly others: UsageCounts
  /** Returns the evaluations of a flag by variation; empty if there are none. */
  countsOf(flagKey: string): readonly VariationUsage[]
  /** Returns the number of evaluations of a flag of the relay in the last 60 minutes. */
  lastHourOf(flagKey: string): number
  /** Returns the keys of the flags of the relay that were evaluated, those with the most evaluations in the last 60 minutes first. */
  mostUsed(): readonly string[]
  /** Returns the unknown flags, the last evaluated one first. */
  unknownFlags(): readonly UnknownFlag[]
  /** Returns the series of the metric. Each total grows until the environment is closed. */
  series(): readonly UsageSeries[]
  /** Returns the content in JSON. */
  toJSON(): UsageSums
}
