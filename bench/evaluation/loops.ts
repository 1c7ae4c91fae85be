import type { Variations } from '../../src/client/variations.ts'
import type { BenchContext, FlagClient } from '../clients/client.ts'
import type { Case } from './cases.ts'

/** Evaluates that many times: all keys of a case in turn for one context, then for the next. */
export type Loop = (evaluations: number) => Promise<void>

/** Somebody might look at it, so the compiler cannot leave the work out. */
export let lastAnswer: unknown

/** Each answer is awaited before the next is asked for. */
export function promiseLoop(client: FlagClient, { method, keys, contexts }: Case): Loop {
  const ask =
    method === 'boolVariation'
      ? (key: string, context: BenchContext) => client.boolVariation(key, context, false)
      : (key: string, context: BenchContext) => client.variationDetail(key, context, false)
  return async (evaluations) => {
    for (let n = 0, at = 0, who = 0; n < evaluations; n++) {
      lastAnswer = await ask(keys[at] as string, contexts[who] as BenchContext)
      if (++at === keys.length) {
        at = 0
        who = (who + 1) % contexts.length
      }
    }
  }
}

export function syncLoop(sync: Variations<'sync'>, { method, keys, contexts }: Case): Loop {
  const ask =
    method === 'boolVariation'
      ? (key: string, context: BenchContext) => sync.boolVariation(key, context, false)
      : (key: string, context: BenchContext) => sync.variationDetail(key, context, false)
  return async (evaluations) => {
    for (let n = 0, at = 0, who = 0; n < evaluations; n++) {
      lastAnswer = ask(keys[at] as string, contexts[who] as BenchContext)
      if (++at === keys.length) {
        at = 0
        who = (who + 1) % contexts.length
      }
    }
  }
}
