import type { DataSourceStatus, StoreStatus } from '../../model/status.ts'
import type { ReadyRequirement } from '../../options/value-forms.ts'
import type { ReadyPolicy } from '../config/option-types.ts'
import { type DocumentEndpoint, jsonAnswer } from '../endpoint.ts'
import type { EnvironmentView, RelayView } from '../view.ts'
import { oncePerState } from './relay-state.ts'

/** How long something may be broken before anybody is told, milliseconds. */
type Patience = number

/** A short interruption is nobody's business. */
export function isConnected({ state, since }: DataSourceStatus, patience: Patience, now: number): boolean {
  return state === 'valid' || (state === 'interrupted' && now - since < patience)
}

/**
 * Whether a database is of use to those who read it. One that does not answer is not, after a while; nor is one that answers
 * and misses what is in memory. One of which nothing was asked yet may be fine.
 */
export function isStoreHealthy(
  { state, since, stale }: StoreStatus,
  patience: Patience,
  now: number,
): boolean {
  return state === 'unavailable' ? now - since < patience : !stale || state === 'unknown'
}

/** As LaunchDarkly's Relay Proxy sees it, connections alone; and then the databases. */
export function isHealthy({ environments, now }: RelayView, patience: Patience): boolean {
  const isFine = ({ source, store }: EnvironmentView): boolean =>
    isConnected(source, patience, now) && (!store || isStoreHealthy(store.status, patience, now))
  return environments.every(isFine)
}

const ALIVE = jsonAnswer(200, { status: 'ok' })

/** `/healthz`: the process is alive and answers. */
export const health: DocumentEndpoint = () => ALIVE

/** What an environment fails, and in a few words why. */
export type ReadinessFailures = Readonly<Partial<Record<ReadyRequirement | 'maxAge', string>>>

export interface ReadinessCriteria {
  readonly policy: ReadyPolicy
  readonly disconnectedStatusMs: number
  readonly now: number
}

export function readinessFailures(
  environment: EnvironmentView,
  expected: ReadinessCriteria,
): ReadinessFailures {
  const { policy } = expected
  const all: readonly (readonly [keyof ReadinessFailures, string | undefined])[] = [
    ...policy.requires.map((each) => [each, failing(each, environment, expected)] as const),
    ['maxAge', tooOld(environment, policy.maxAgeMs)],
  ]
  return Object.fromEntries(all.filter(([, why]) => why !== undefined))
}

function failing(
  requirement: ReadyRequirement,
  { serving, source, store }: EnvironmentView,
  { disconnectedStatusMs, now }: ReadinessCriteria,
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

const CLOSING = jsonAnswer(503, { status: 'closing' })

/**
 * `/readyz`: 200 when every environment has what the configuration requires, otherwise 503 with those that do not, and why.
 * 503 also from the moment the relay is told to stop, so that load balancers stop sending clients to it.
 */
export const ready: DocumentEndpoint = (_target, state, leaving) =>
  leaving.aborted ? CLOSING : answerTo(state())

const answerTo = oncePerState(({ view, config }) => {
  const { ready: policy, disconnectedStatusMs } = config
  const { environments, now } = view
  const failing = environments
    .map((each) => [each.name, readinessFailures(each, { policy, disconnectedStatusMs, now })] as const)
    .filter(([, fails]) => Object.keys(fails).length > 0)
  if (failing.length === 0) return jsonAnswer(200, { status: 'ready' })
  return jsonAnswer(503, { status: 'not ready', failing: Object.fromEntries(failing) })
})
