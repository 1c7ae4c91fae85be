import type { SingleKindContext } from '../../src/evaluation/context.ts'

/** The members of a flag client that both SDKs have. */
export interface FlagClient {
  boolVariation(key: string, context: BenchContext, defaultValue: boolean): Promise<boolean>
  numberVariation(key: string, context: BenchContext, defaultValue: number): Promise<number>
  variationDetail(key: string, context: BenchContext, defaultValue: unknown): Promise<unknown>
  allFlagsState(context: BenchContext): Promise<{ toJSON(): object }>
  flush(): Promise<void>
  on(event: string, listener: () => void): unknown
}

/** A context that is valid in the types of both SDKs. */
export type BenchContext =
  | SingleKindContext
  | { readonly kind: 'multi'; readonly [kind: string]: 'multi' | { readonly key: string } }

export type ClientName = 'halyard' | 'official'
