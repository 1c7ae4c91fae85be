import { GeneralError, ProviderFatalError, ProviderNotReadyError } from '@openfeature/server-sdk'
import type { FlagClient } from '../client/flag-client.ts'
import type { InitializationResult } from '../datasystem/data-system.ts'
import { ClosedError } from '../model/errors.ts'
import { because, NO_SOURCE } from './explain.ts'
import { isServing } from './standing.ts'

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
