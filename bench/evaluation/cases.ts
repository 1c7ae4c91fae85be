import type { BenchContext } from '../clients/client.ts'
import { USERS, USERS_AT_WORK } from './contexts.ts'

/** A case of repeated evaluation, with the intended factor relative to the official SDK. */
export interface Case {
  readonly name: string
  readonly method: 'boolVariation' | 'variationDetail'
  /** Keys, evaluated in turn. */
  readonly keys: readonly string[]
  /** Contexts, one for each round. */
  readonly contexts: readonly BenchContext[]
  /** Minimum factor of the synchronous form. */
  readonly limit: number
  /** Minimum factor of the promise form. Default: 70 % of `limit`. */
  readonly promiseLimit?: number
}

/** Cases with a single flag. */
const HOT = 5

export const CASES: readonly Case[] = [
  { ...bool('simple', 'bench-simple', 10), promiseLimit: 7 },
  bool('off', 'bench-off', HOT),
  bool('20 rules x 2 clauses, last matches', 'bench-20-rules', 4),
  bool('segment of 500', 'bench-segment', HOT),
  bool('50/50 rollout', 'bench-rollout', 3),
  bool('2-deep prerequisites', 'bench-prerequisites', HOT),
  bool('semver', 'bench-semver', HOT),
  { ...bool('multi-kind context, 20 rules', 'bench-multi-kind', 4), contexts: USERS_AT_WORK },
  bool('unknown flag', 'bench-nowhere', HOT),
  // Each call creates a new detail.
  { ...bool('detail, simple', 'bench-simple', 4), method: 'variationDetail' },
  {
    name: 'detail, 1,000 different flags in turn',
    method: 'variationDetail',
    // Spread over the generated flags, whose keys are numbered.
    keys: Array.from({ length: 1_000 }, (_, index) => `feature-${String(index * 10).padStart(5, '0')}`),
    contexts: USERS,
    limit: 3.5,
    promiseLimit: 2.8,
  },
]

function bool(name: string, key: string, limit: number): Case {
  return { name, method: 'boolVariation', keys: [key], contexts: USERS, limit }
}
