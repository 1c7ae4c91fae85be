import { ProviderEvents } from '@openfeature/server-sdk'
import type { FlagClient } from '../client/flag-client.ts'

type FollowedClient = Pick<FlagClient, 'status' | 'storeStatus' | 'initialized' | 'availability'>

/** Returns whether evaluations have data: initialized, or answered by a database until a source brings some (D22). */
export function isServing(client: Pick<FlagClient, 'initialized' | 'availability'>): boolean {
  return client.initialized() || client.availability !== 'defaults'
}

/** How a client stands, as the event that says so. Whichever it is, what the client holds goes on being served. */
export type Standing = ProviderEvents.Ready | ProviderEvents.Stale | ProviderEvents.Error

/** Stale: there is data that no source confirms now. Error: there is none, or no source is left. */
export function standingOf(client: FollowedClient): Standing {
  const { state, source, lastError } = client.status.current
  switch (state) {
    case 'valid':
      return ProviderEvents.Ready
    case 'interrupted':
      return ProviderEvents.Stale
    case 'initializing':
      if (!isServing(client)) return ProviderEvents.Error
      // Where the database is all there is, no source reports; the store does (D18).
      return lastError || client.storeStatus?.current.state === 'unavailable'
        ? ProviderEvents.Stale
        : ProviderEvents.Ready
    case 'off':
      // Where no source ever had a turn there is none: that was the intention, and no failure.
      return source === undefined ? ProviderEvents.Ready : ProviderEvents.Error
    default:
      return state satisfies never
  }
}
