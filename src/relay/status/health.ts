import type { DataSourceStatus, StoreStatus } from '../../model/status.ts'
import type { ReadyRequirement } from '../../options/value-forms.ts'
import type { ReadyPolicy } from '../config/option-groups.ts'
import { type DocumentEndpoint, jsonAnswer } from '../endpoint.ts'
import type { EnvironmentView, RelayView } from '../view.ts'
import { oncePerState } from './relay-state.ts'

/** Returns true if the source is valid, or has been interrupted for less than `disconnectedStatusMs`. */
export function isConnected(
  { state, since }: Pick<DataSourceStatus, 'state' | 'since'>,
  disconnectedStatusMs: number,
  now: number,
): boolean {
  return state === 'valid' || (state === 'interrupted' && now - since < disconnectedStatusMs)
}

/**
 * Returns false if the database has been unavailable for `disconnectedStatusMs`, or if it is available but lacks changes that
 * are in memory. A database that has not been used yet counts as healthy.
 */
function isStoreHealthy(
  { state, since, stale }: StoreStatus,
  disconnectedStatusMs: number,
  now: number,
): boolean {
  return state === 'unavailable' ? now - since < disconnectedStatusMs : !stale || state === 'unknown'
}

/**
 * Returns true if all sources and automatic configuration are connected, as in LaunchDarkly's Relay Proxy, all databases are
 * healthy, and no big segments are stale whose staleness counts.
 */
export function isHealthy(
  { environments, autoConfig, now }: RelayView,
  disconnectedStatusMs: number,
): boolean {
  const isEnvironmentHealthy = ({ source, store, bigSegments }: EnvironmentView): boolean =>
    isConnected(source, disconnectedStatusMs, now) &&
    (!store || isStoreHealthy(store.status, disconnectedStatusMs, now)) &&
    !(bigSegments?.stale && bigSegments.staleIsDegraded)
  const isConfigured =
    !autoConfig || (autoConfig.configuration !== 'none' && isConnected(autoConfig, disconnectedStatusMs, now))
  return isConfigured && environments.every(isEnvironmentHealthy)
}

const ALIVE = jsonAnswer(200, { status: 'ok' })

/** `/healthz`: always 200 while the process answers. */
export const health: DocumentEndpoint = () => ALIVE

/** The requirements that an environment does not meet, each with the reason. */
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
    ...policy.requires.map((each) => [each, failureOf(each, environment, expected)] as const),
    ['maxAge', ageFailure(environment, policy.maxAgeMs)],
  ]
  return Object.fromEntries(all.filter(([, why]) => why !== undefined))
}

function failureOf(
  requirement: ReadyRequirement,
  { serving, source, store }: EnvironmentView,
  { disconnectedStatusMs, now }: ReadinessCriteria,
): string | undefined {
  switch (requirement) {
    case 'data':
      return serving === 'nothing' ? 'there is no data to serve' : undefined
    case 'upstream':
      return isConnected(source, disconnectedStatusMs, now)
        ? undefined
        : `the source has been ${source.state} for ${seconds(now - source.since)}`
    case 'store':
      return store && storeFailure(store.status, now)
    default:
      return requirement satisfies never
  }
}

function storeFailure({ state, since, stale }: StoreStatus, now: number): string | undefined {
  if (state !== 'available') return `the database has been ${state} for ${seconds(now - since)}`
  return stale ? 'the database lacks changes that are in memory' : undefined
}

function ageFailure(
  { serving, source: { ageMs } }: EnvironmentView,
  maxAgeMs: number | undefined,
): string | undefined {
  if (maxAgeMs === undefined) return undefined
  if (serving === 'nothing') return 'there is no data'
  if (ageMs === undefined) return 'the age of the data is unknown'
  return ageMs > maxAgeMs ? `the data is ${seconds(ageMs)} old` : undefined
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}

const CLOSING = jsonAnswer(503, { status: 'closing' })

/**
 * `/readyz`: 200 if every environment meets the configured requirements, otherwise 503 with the failures. Also 503 from the
 * moment when the relay is asked to stop, so that load balancers send no further clients.
 */
export const ready: DocumentEndpoint = (_target, state, draining) =>
  draining.aborted ? CLOSING : answerTo(state())

const NOT_CONFIGURED = jsonAnswer(503, {
  status: 'not ready',
  autoConfig: 'the list of environments has not arrived',
})

const answerTo = oncePerState(({ view, config }) => {
  const { ready: policy, disconnectedStatusMs } = config
  const { environments, autoConfig, now } = view
  if (autoConfig?.configuration === 'none') return NOT_CONFIGURED
  const failing = environments
    .map((each) => [each.name, readinessFailures(each, { policy, disconnectedStatusMs, now })] as const)
    .filter(([, fails]) => Object.keys(fails).length > 0)
  if (failing.length === 0) return jsonAnswer(200, { status: 'ready' })
  return jsonAnswer(503, { status: 'not ready', failing: Object.fromEntries(failing) })
})
