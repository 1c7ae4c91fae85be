import type { Context } from '../evaluation/context.ts'
import type { Detail } from '../evaluation/detail.ts'

/** Which evaluation a hook is told of. */
export interface EvaluationSeriesContext {
  readonly flagKey: string
  readonly context: Context
  readonly defaultValue: unknown
  /** The method that was called, as `LDClient.boolVariation` in the official SDK. */
  readonly method: string
  readonly environmentId?: string
}

/** What a hook hands from one of its stages to the next. */
export interface EvaluationSeriesData {
  readonly [name: string]: unknown
}

/**
 * Sees evaluations begin and end; cannot change them. The shape is the official SDK's, so its hooks fit. What a
 * hook throws is logged, and its data of that stage is lost.
 */
export interface Hook {
  getMetadata(): { readonly name: string }
  beforeEvaluation?(context: EvaluationSeriesContext, data: EvaluationSeriesData): EvaluationSeriesData
  afterEvaluation?(
    context: EvaluationSeriesContext,
    data: EvaluationSeriesData,
    detail: Detail,
  ): EvaluationSeriesData
}
