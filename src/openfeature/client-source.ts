import { ProviderFatalError } from '@openfeature/server-sdk'
import type { ClientOptions } from '../client/client-options.ts'
import { openClient } from '../client/create-client.ts'
import type { FlagClient } from '../client/flag-client.ts'
import { ConfigError } from '../model/errors.ts'
import { refuseUnknownNames } from '../model/near-miss.ts'

/** How a provider comes by its client, and what becomes of the client afterwards. */
export interface ClientSource {
  /** Throws an error of OpenFeature's. */
  open(): FlagClient
  release(client: FlagClient): Promise<void>
}

/** Names of options that the provider reads itself. */
export const PROVIDER_OPTIONS: readonly string[] = ['initTimeoutMs']

/** A client of the provider's own, for each time the provider is in use. */
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

/** Whether a value is a client, as opposed to an SDK key or a mistake in the place of one. */
export function isClient(given: unknown): given is FlagClient {
  return typeof (given as Partial<FlagClient> | null | undefined)?.waitForInitialization === 'function'
}

/**
 * A client that its owner closes.
 *
 * @throws {ConfigError} for options that belong to the client.
 */
export function lentClient(client: FlagClient, options: object): ClientSource {
  refuseUnknownNames('HalyardProvider', options, PROVIDER_OPTIONS)
  return { open: () => client, release: async () => {} }
}
