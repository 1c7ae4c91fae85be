import { ProviderEvents } from '@openfeature/server-sdk'
import type { FlagClient } from '../client/flag-client.ts'

/** How a client stands, as the event that says so. Whichever it is, what the client holds goes on being served. */
export type Standing = ProviderEvents.Ready | ProviderEvents.Stale | ProviderEvents.Error

/** Stale: there is data, and nobody vouches for it now. Error: there is none, or no source is left. */
export function standingOf(client: Pick<FlagClient, 'status' | 'initialized'>): Standing {
  const { state, source, lastError } = client.status.current
  switch (state) {
    case 'valid':
      return ProviderEvents.Ready
    case 'interrupted':
      return ProviderEvents.Stale
    case 'initializing':
      if (!client.initialized()) return ProviderEvents.Error
      // A database that is all there is is ready before anything was read of it (D18).
      return lastError ? ProviderEvents.Stale : ProviderEvents.Ready
    case 'off':
      // Where no source ever had a turn there is none: that was the intention, and no failure.
      return source === undefined ? ProviderEvents.Ready : ProviderEvents.Error
    default:
      return state satisfies never
  }
}
