import type { BenchContext } from '../clients/client.ts'
import { USERS, USERS_AT_WORK } from './contexts.ts'

/** What is evaluated over and over, and how many times faster than the official SDK we mean to be. */
export interface Case {
  readonly name: string
  readonly method: 'boolVariation' | 'variationDetail'
  /** One after the other. */
  readonly keys: readonly string[]
  /** The next one at each turn. */
  readonly contexts: readonly BenchContext[]
  /** Of the synchronous form; the promises are held to 70 % of it. */
  readonly limit: number
}

/** One flag at a time, as hot as can be. */
const HOT = 5

export const CASES: readonly Case[] = [
  bool('simple', 'bench-simple', HOT),
  bool('off', 'bench-off', HOT),
  bool('20 rules x 2 clauses, last matches', 'bench-20-rules', 4),
  bool('segment of 500', 'bench-segment', HOT),
  bool('50/50 rollout', 'bench-rollout', 3),
  bool('2-deep prerequisites', 'bench-prerequisites', HOT),
  bool('semver', 'bench-semver', HOT),
  { ...bool('multi-kind context, 20 rules', 'bench-multi-kind', 4), contexts: USERS_AT_WORK },
  bool('unknown flag', 'bench-nowhere', HOT),
  // A detail is made anew for each caller.
  { ...bool('detail, simple', 'bench-simple', 4), method: 'variationDetail' },
  {
    name: 'detail, 1,000 different flags in turn',
    method: 'variationDetail',
    // Spread over the generated flags, whose keys are numbered.
    keys: Array.from({ length: 1_000 }, (_, index) => `feature-${String(index * 10).padStart(5, '0')}`),
    contexts: USERS,
    limit: 2.5,
  },
]

function bool(name: string, key: string, limit: number): Case {
  return { name, method: 'boolVariation', keys: [key], contexts: USERS, limit }
}
