import type { SingleKindContext } from '../../src/evaluation/context.ts'

/** As much of a flag client as both have, under the same names. */
export interface FlagClient {
  boolVariation(key: string, context: BenchContext, defaultValue: boolean): Promise<boolean>
  numberVariation(key: string, context: BenchContext, defaultValue: number): Promise<number>
  variationDetail(key: string, context: BenchContext, defaultValue: unknown): Promise<unknown>
  allFlagsState(context: BenchContext): Promise<{ toJSON(): object }>
  on(event: string, listener: () => void): unknown
}

/** A context that both sides' types agree on. */
export type BenchContext =
  | SingleKindContext
  | { readonly kind: 'multi'; readonly [kind: string]: 'multi' | { readonly key: string } }

export type ClientName = 'halyard' | 'official'
