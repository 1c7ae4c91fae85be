import { CASES, type Case } from '../evaluation/cases.ts'
import { USERS } from '../evaluation/contexts.ts'

/** Cases of evaluation with events. The limits are for the promise form. */
export const EVENT_CASES: readonly Case[] = [
  // The method accepts values of all types.
  ...CASES.filter(({ keys }) => keys.length === 1_000).map((many) => ({ ...many, limit: 2.5 })),
  { name: 'one hot flag', method: 'boolVariation', keys: ['bench-simple'], contexts: USERS, limit: 4 },
]
