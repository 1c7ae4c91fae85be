import { ProviderFatalError } from '@openfeature/server-sdk'
import type { ClientOptions } from '../client/client-options.ts'
import { openClient } from '../client/create-client.ts'
import type { FlagClient } from '../client/flag-client.ts'
import { ConfigError } from '../model/errors.ts'
import { refuseUnknownNames } from '../options/unknown-names.ts'

/** The origin of a provider's client. */
export interface ClientSource {
  /** Returns the client. Throws an error of OpenFeature if the client cannot be opened. */
  open(): FlagClient
  /** Closes the client if it is the provider's own. */
  release(client: FlagClient): Promise<void>
}

/** The options that the provider reads itself. */
const PROVIDER_OPTIONS: readonly string[] = ['initTimeoutMs']

/** Returns a source that opens a new client for each initialization. */
export function ownClient(sdkKey: string, options: ClientOptions): ClientSource {
  const open = (): FlagClient => {
    try {
      return openClient(sdkKey, options, PROVIDER_OPTIONS)
    } catch (error) {
      if (error instanceof ConfigError) throw new ProviderFatalError(error.message, { cause: error })
      throw error
    }
  }
  return { open, release: (client) => client.close() }
}

/** Returns true for a client. Any other value is treated as an SDK key, which is checked later. */
export function isClient(given: unknown): given is FlagClient {
  return typeof (given as Partial<FlagClient> | null | undefined)?.waitForInitialization === 'function'
}

/**
 * Returns a source of a client that the application owns and closes.
 *
 * @throws {@link ConfigError} if there are options of a client, which have no effect here.
 */
export function lentClient(client: FlagClient, options: object): ClientSource {
  refuseUnknownNames('HalyardProvider', options, PROVIDER_OPTIONS)
  return { open: () => client, release: async () => {} }
}
