import type { Variations } from '../../src/client/variations.ts'
import type { BenchContext, FlagClient } from '../clients/client.ts'
import type { Case } from './cases.ts'

/** Evaluates a number of times: all keys of a case for one context, then for the next. */
export type Loop = (evaluations: number) => Promise<void>

/**
 * Receives results, so that the compiler cannot remove the work.
 *
 * @public because the compiler could remove a variable that only this module sees
 */
export let lastAnswer: unknown

/** Awaits each result before the next evaluation. */
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
