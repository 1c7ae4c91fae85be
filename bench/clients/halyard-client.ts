import type { FlagClient } from '../../src/client/flag-client.ts'
import { silent } from './silent.ts'

/** Opens Halyard's client. */
export async function openHalyard(url: string): Promise<FlagClient> {
  const { createClient, presets } = await import('../../src/index.ts')
  const endpoints = { polling: url, streaming: url }
  const client = createClient('sdk-key', { dataSystem: presets.default(), endpoints, logger: silent })
  await client.waitForInitialization()
  return client
}
