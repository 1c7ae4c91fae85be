import 'server-only' // a build that imports this file in the browser fails
import { createClient, type FlagClient, presets } from 'halyard'

const { SDK_KEY = 'sdk-local', FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

// Next.js has several copies of this module, and new ones after each edit in development. All share one client.
const shared = globalThis as typeof globalThis & { flagClient?: FlagClient }

/** Returns the client of this process. */
export function flagClient(): FlagClient {
  shared.flagClient ??= createClient(SDK_KEY, {
    dataSystem: presets.default(),
    endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL, events: FLAGS_URL }, // remove for the hosted service
  })
  return shared.flagClient
}
