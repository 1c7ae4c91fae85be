import { ProviderFatalError } from '@openfeature/server-sdk'
import type { ClientOptions } from '../client/client-options.ts'
import { createClient } from '../client/create-client.ts'
import type { FlagClient } from '../client/flag-client.ts'
import { ConfigError } from '../model/errors.ts'

/** How a provider comes by its client, and what becomes of the client afterwards. */
export interface ClientSource {
  /** Throws an error of OpenFeature's. */
  open(): FlagClient
  release(client: FlagClient): Promise<void>
}

/** A client of the provider's own, for each time the provider is in use. */
export function ownClient(sdkKey: string, options: ClientOptions): ClientSource {
  const open = (): FlagClient => {
    try {
      return createClient(sdkKey, options)
    } catch (error) {
      if (error instanceof ConfigError) throw new ProviderFatalError(error.message, { cause: error })
      throw error
    }
  }
  return { open, release: (client) => client.close() }
}

/** A client of somebody else, who closes it. */
export function lentClient(client: FlagClient): ClientSource {
  return { open: () => client, release: async () => {} }
}
