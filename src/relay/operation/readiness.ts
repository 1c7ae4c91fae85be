import type { StoreStatus } from '../../model/status.ts'
import type { ReadyPolicy, ReadyRequirement } from '../config/relay-config.ts'
import type { EnvironmentView } from '../view.ts'
import { isConnected } from './soundness.ts'

/** What an environment fails, and in a few words why. */
export type Shortcomings = Readonly<Partial<Record<ReadyRequirement | 'maxAge', string>>>

export interface Expected {
  readonly policy: ReadyPolicy
  readonly disconnectedStatusMs: number
  readonly now: number
}

export function shortcomings(environment: EnvironmentView, expected: Expected): Shortcomings {
  const { policy } = expected
  const all: readonly (readonly [keyof Shortcomings, string | undefined])[] = [
    ...policy.requires.map((each) => [each, failing(each, environment, expected)] as const),
    ['maxAge', tooOld(environment, policy.maxAgeMs)],
  ]
  return Object.fromEntries(all.filter(([, why]) => why !== undefined))
}

function failing(
  requirement: ReadyRequirement,
  { serving, source, store }: EnvironmentView,
  { disconnectedStatusMs, now }: Expected,
): string | undefined {
  switch (requirement) {
    case 'data':
      return serving === 'nothing' ? 'there is nothing to serve' : undefined
    case 'upstream':
      return isConnected(source, disconnectedStatusMs, now)
        ? undefined
        : `the source is ${source.state} for ${seconds(now - source.since)}`
    case 'store':
      return store && wrongWith(store.status, now)
    default:
      return requirement satisfies never
  }
}

function wrongWith({ state, since, stale }: StoreStatus, now: number): string | undefined {
  if (state !== 'available') return `the database is ${state} for ${seconds(now - since)}`
  return stale ? 'the database misses what is in memory' : undefined
}

function tooOld(
  { serving, source: { ageMs } }: EnvironmentView,
  maxAgeMs: number | undefined,
): string | undefined {
  if (maxAgeMs === undefined) return undefined
  if (serving === 'nothing') return 'there is no data'
  if (ageMs === undefined) return 'nobody knows how old the data is'
  return ageMs > maxAgeMs ? `the data is ${seconds(ageMs)} old` : undefined
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
