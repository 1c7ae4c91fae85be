import {
  GeneralError,
  type OpenFeatureEventEmitter,
  ProviderEvents,
  ProviderFatalError,
  ProviderNotReadyError,
} from '@openfeature/server-sdk'
import { abortable } from '../async/abortable.ts'
import { systemClock } from '../async/clock.ts'
import type { FlagClient } from '../client/flag-client.ts'
import type { InitializationResult } from '../datasystem/data-system.ts'
import { ClosedError } from '../model/errors.ts'
import { because, explain, NO_SOURCE } from './to-resolution.ts'

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

type FollowedClient = Pick<FlagClient, 'status' | 'storeStatus' | 'initialized' | 'availability'>

/** Returns whether evaluations have data: initialized, or answered by a database until a source brings some (D22). */
function isServing(client: Pick<FlagClient, 'initialized' | 'availability'>): boolean {
  return client.initialized() || client.availability !== 'defaults'
}

/** How a client stands, as the event that says so. Whichever it is, what the client holds goes on being served. */
export type Standing = ProviderEvents.Ready | ProviderEvents.Stale | ProviderEvents.Error

/** Stale: there is data that no source confirms now. Error: there is none, or no source is left. */
function standingOf(client: FollowedClient): Standing {
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

export interface UntilServingOptions {
  readonly timeoutMs: number
  /** Ends the wait early. */
  readonly signal: AbortSignal
}

/**
 * Resolves when the client is initialized (D14). Otherwise rejects with an error of OpenFeature's: fatal where waiting
 * longer is of no use.
 */
export async function untilServing(client: FlagClient, options: UntilServingOptions): Promise<void> {
  const { reason } = await wait(client, options)
  if (isServing(client)) return
  const { lastError: storeError } = client.storeStatus?.current ?? {}
  const status = {
    ...(storeError && { lastError: { ...storeError, source: 'store' } }),
    ...client.status.current,
  }
  switch (reason) {
    case 'off':
      throw new ProviderFatalError(because(NO_SOURCE, status))
    case 'aborted':
      throw new GeneralError('the provider was closed before there was flag data')
    case 'timeout':
    case 'ready':
      throw new ProviderNotReadyError(because(`no flag data within ${options.timeoutMs} ms`, status))
    default:
      reason satisfies never
  }
}

async function wait(client: FlagClient, options: UntilServingOptions): Promise<InitializationResult> {
  try {
    return await client.waitForInitialization(options)
  } catch (error) {
    if (error instanceof ClosedError) throw new ProviderFatalError(error.message, { cause: error })
    throw error
  }
}
