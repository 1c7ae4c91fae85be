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
import { explain, NO_SOURCE, withLastError } from './to-resolution.ts'

export interface FollowOptions {
  readonly events: OpenFeatureEventEmitter
  /** The state that OpenFeature assumes after the initialization that has just ended. */
  readonly initialState: ProviderState
  /** Ends the events. */
  readonly signal: AbortSignal
}

/** Emits an event each time the state of the client changes, and one for each change of flags. */
export function follow(client: FlagClient, { events, initialState, signal }: FollowOptions): void {
  if (signal.aborted) return
  let emitted = initialState
  const update = (): void => {
    const state = stateOf(client)
    if (state === emitted) return
    emitted = state
    events.emit(state, state === ProviderEvents.Ready ? {} : { message: explain(client.status.current) })
  }
  const unlisten = client.onChange(({ flags }) => {
    if (flags.size > 0) events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...flags] })
  })
  const begin = (): void => {
    if (signal.aborted) return
    client.on('status', update)
    // Never rejects: reading a status does not fail, and the SDK handles errors of the application's handlers.
    updateWithStore(client, update, signal).catch(() => undefined)
    update()
  }
  // The SDK processes the end of the initialization later and would overwrite an event emitted before that.
  systemClock
    .breathe()
    .then(begin)
    .catch(() => undefined)
  signal.addEventListener('abort', () => {
    unlisten()
    client.off('status', update)
  })
}

/** Calls `update` after each change of the store's status, which is the only report of outages in daemon mode. */
async function updateWithStore(client: FlagClient, update: () => void, signal: AbortSignal): Promise<void> {
  const { storeStatus } = client
  if (storeStatus) for await (const _ of abortable(storeStatus.changes(), signal)) update()
}

type FollowedClient = Pick<FlagClient, 'status' | 'storeStatus' | 'initialized' | 'availability'>

/** Returns true if evaluations have data, from a source or, until a source has sent some, from a database (D22). */
function isServing(client: Pick<FlagClient, 'initialized' | 'availability'>): boolean {
  return client.initialized() || client.availability !== 'defaults'
}

/** The state of a provider, as the event that announces it. In every state, evaluations use the data that the client has. */
type ProviderState = ProviderEvents.Ready | ProviderEvents.Stale | ProviderEvents.Error

/** Returns `Stale` if no source confirms the data at present, and `Error` if there is no data or no source is left. */
function stateOf(client: FollowedClient): ProviderState {
  const { state, source, lastError } = client.status.current
  switch (state) {
    case 'valid':
      return ProviderEvents.Ready
    case 'interrupted':
      return ProviderEvents.Stale
    case 'initializing':
      if (!isServing(client)) return ProviderEvents.Error
      // In daemon mode no source reports, so the state of the store decides (D18).
      return lastError || client.storeStatus?.current.state === 'unavailable'
        ? ProviderEvents.Stale
        : ProviderEvents.Ready
    case 'off':
      // If no source was ever active, the plan has none, which is no failure.
      return source === undefined ? ProviderEvents.Ready : ProviderEvents.Error
    default:
      return state satisfies never
  }
}

export interface UntilServingOptions {
  /** Longest wait, in milliseconds. */
  readonly timeoutMs: number
  /** Ends the wait early. */
  readonly signal: AbortSignal
}

/**
 * Resolves when the client is initialized (D14). Otherwise rejects with an error of OpenFeature, which is fatal if a longer
 * wait would not help.
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
      throw new ProviderFatalError(withLastError(NO_SOURCE, status))
    case 'aborted':
      throw new GeneralError('the provider was closed before there was flag data')
    case 'timeout':
    case 'ready':
      throw new ProviderNotReadyError(withLastError(`no flag data within ${options.timeoutMs} ms`, status))
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
