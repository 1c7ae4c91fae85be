import type { DataSourceStatus, StoreStatus } from '../../model/status.ts'
import type { EnvironmentView, RelayView } from '../view.ts'

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
export function isSound({ state, since, stale }: StoreStatus, patience: Patience, now: number): boolean {
  return state === 'unavailable' ? now - since < patience : !stale || state === 'unknown'
}

/** As LaunchDarkly's Relay Proxy sees it, connections alone; and then the databases. */
export function isHealthy({ environments, now }: RelayView, patience: Patience): boolean {
  const isFine = ({ source, store }: EnvironmentView): boolean =>
    isConnected(source, patience, now) && (!store || isSound(store.status, patience, now))
  return environments.every(isFine)
}
