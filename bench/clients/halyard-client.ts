import type { FlagClient } from '../../src/client/flag-client.ts'
import { silent } from './silent.ts'

/** Opens Halyard's client. Without the address of an events service it sends no events. */
export async function openHalyard(url: string, eventsUrl?: string): Promise<FlagClient> {
  const { createClient, presets } = await import('../../src/index.ts')
  const endpoints = { polling: url, streaming: url, ...(eventsUrl !== undefined && { events: eventsUrl }) }
  const client = createClient('sdk-key', {
    dataSystem: presets.default(),
    endpoints,
    sendEvents: eventsUrl !== undefined,
    diagnosticOptOut: true,
    logger: silent,
  })
  await client.waitForInitialization()
  return client
}
