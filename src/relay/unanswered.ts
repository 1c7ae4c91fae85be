import { HOSTED } from '../config/event-address.ts'
import type { DataSourceStatus } from '../model/status.ts'
import type { RelayConfig } from './config/relay-config.ts'
import type { EnvironmentView } from './view.ts'

/** A request to the service that has not been answered. */
export interface UnansweredView {
  /** The time since which the service has not answered. */
  readonly since: number
  /** The origin of the service, for example `https://stream.launchdarkly.com`. */
  readonly address: string
}

/** A service that has not answered for this long hangs. A healthy service answers within a second. */
export const HANGING_MS = 5_000

type ServiceAddresses = RelayConfig['endpoints']

/**
 * Returns a status with the request that has not been answered, if there is one: the source is neither valid nor off, does not wait
 * for its next attempt, and is a service.
 */
export function sourceViewOf(
  source: DataSourceStatus,
  addresses: ServiceAddresses,
  now: number,
): Pick<EnvironmentView, 'source' | 'unanswered'> {
  const { state, since, nextAttempt, lastError } = source
  const isDown = state === 'initializing' || state === 'interrupted'
  // After an error without a known next attempt, for example between two polls, nothing may be waiting.
  const isWaiting = nextAttempt === undefined && lastError !== undefined && lastError.at >= since
  const isAttempting = isDown && !isWaiting && (nextAttempt ?? 0) <= now
  const address = isAttempting ? addressOf(source.source ?? '', addresses) : undefined
  if (address === undefined) return { source }
  return { source, unanswered: { since: Math.max(since, nextAttempt ?? 0, lastError?.at ?? 0), address } }
}

/** Returns true if a source, by its name, is the service, in contrast to files or an archive. */
export function isService(source: string): boolean {
  return /stream|poll/i.test(source)
}

function addressOf(
  source: string,
  { polling = HOSTED.polling, streaming = HOSTED.streaming }: ServiceAddresses,
): string | undefined {
  if (!isService(source)) return undefined
  return new URL(/stream/i.test(source) ? streaming : polling).origin
}
