import { type OpenFeatureEventEmitter, ProviderEvents } from '@openfeature/server-sdk'
import { abortable } from '../async/abortable.ts'
import { systemClock } from '../async/clock.ts'
import type { FlagClient } from '../client/flag-client.ts'
import { explain } from './explain.ts'
import { type Standing, standingOf } from './standing.ts'

export interface FollowOptions {
  readonly events: OpenFeatureEventEmitter
  /** What OpenFeature makes of the initialization that has just ended. */
  readonly noted: Standing
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Tells OpenFeature each time the client stands differently, and which flags changed. */
export function follow(client: FlagClient, { events, noted, signal }: FollowOptions): void {
  if (signal.aborted) return
  let told = noted
  const look = (): void => {
    const standing = standingOf(client)
    if (standing === told) return
    told = standing
    events.emit(
      standing,
      standing === ProviderEvents.Ready ? {} : { message: explain(client.status.current) },
    )
  }
  const unlisten = client.onChange(({ flags }) => {
    if (flags.size > 0) events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...flags] })
  })
  const begin = (): void => {
    if (signal.aborted) return
    client.on('status', look)
    // Reading a status does not fail; a handler of the application that throws is handled by the SDK.
    lookWithStore(client, look, signal).catch(() => undefined)
    look()
  }
  // The SDK hears of the end of the initialization a moment later, and would undo what was told before.
  systemClock
    .breathe()
    .then(begin)
    .catch(() => undefined)
  signal.addEventListener('abort', () => {
    unlisten()
    client.off('status', look)
  })
}

/** Looks with each change of the store's status too: in daemon mode nothing else tells of outages. */
async function lookWithStore(client: FlagClient, look: () => void, signal: AbortSignal): Promise<void> {
  const { storeStatus } = client
  if (storeStatus) for await (const _ of abortable(storeStatus.changes(), signal)) look()
}
