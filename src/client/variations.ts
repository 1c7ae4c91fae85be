import type { Context } from '../evaluation/context.ts'
import type { Detail } from '../evaluation/detail.ts'

/** How an answer comes: as it is, or in a promise that never rejects. */
export type Form = 'promise' | 'sync'

export type Answer<F extends Form, T> = F extends 'promise' ? Promise<T> : T

/**
 * Evaluation of one flag. The typed ones answer the fallback, with `WRONG_TYPE`, where the flag has another type.
 * The fallback is also the answer to everything that goes wrong.
 */
export interface Variations<F extends Form> {
  variation(key: string, context: Context, defaultValue: unknown): Answer<F, any>
  variationDetail(key: string, context: Context, defaultValue: unknown): Answer<F, Detail<any>>
  boolVariation(key: string, context: Context, defaultValue: boolean): Answer<F, boolean>
  boolVariationDetail(key: string, context: Context, defaultValue: boolean): Answer<F, Detail<boolean>>
  numberVariation(key: string, context: Context, defaultValue: number): Answer<F, number>
  numberVariationDetail(key: string, context: Context, defaultValue: number): Answer<F, Detail<number>>
  stringVariation(key: string, context: Context, defaultValue: string): Answer<F, string>
  stringVariationDetail(key: string, context: Context, defaultValue: string): Answer<F, Detail<string>>
  /** Any type fits. */
  jsonVariation(key: string, context: Context, defaultValue: unknown): Answer<F, any>
  jsonVariationDetail(key: string, context: Context, defaultValue: unknown): Answer<F, Detail<any>>
}
