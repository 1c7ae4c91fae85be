import type { Environment } from '../../evaluation/differential/make-environment.ts'

/** The methods that evaluate a flag, which both SDKs have. */
export const METHODS = [
  'variation',
  'variationDetail',
  'boolVariation',
  'boolVariationDetail',
  'numberVariation',
  'numberVariationDetail',
  'stringVariation',
  'stringVariationDetail',
  'jsonVariation',
  'jsonVariationDetail',
] as const

export type Method = (typeof METHODS)[number]

/** One call of the application. */
export type Call =
  | { readonly type: Method; readonly key: string; readonly context: unknown; readonly defaultValue: unknown }
  | {
      readonly type: 'track'
      readonly key: string
      readonly context: unknown
      readonly data: unknown
      readonly metricValue: unknown
    }
  | { readonly type: 'identify' | 'allFlagsState'; readonly context: unknown }
  | { readonly type: 'flush' }
  /** Not a call: the service replaces a flag, here as JSON text, by one with a higher version. */
  | { readonly type: 'update'; readonly flagKey: string; readonly text: string }

/** Options about the content of events, which both SDKs have. */
export interface ContentOptions {
  readonly privateAttributes: readonly string[]
  readonly allAttributesPrivate: boolean
  readonly contextKeysCapacity: number
}

/** An environment, and the calls of an application with one client. */
export interface Session {
  /** Seed of the random numbers that sampling draws. */
  readonly seed: number
  readonly environment: Environment
  readonly options: ContentOptions
  readonly calls: readonly Call[]
}
