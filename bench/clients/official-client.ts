import type { LDClient } from '@launchdarkly/node-server-sdk'
import { silent } from './silent.ts'

/**
 * Loads the official SDK with FDv2. Resolves with a function that opens a client with data. Without the address of an events
 * service it sends no events.
 */
export async function loadOfficial(): Promise<(url: string, eventsUrl?: string) => Promise<LDClient>> {
  const { init } = await import('@launchdarkly/node-server-sdk')
  return async (url, eventsUrl) => {
    const client = init('sdk-key', {
      baseUri: url,
      streamUri: url,
      eventsUri: eventsUrl ?? url,
      sendEvents: eventsUrl !== undefined,
      diagnosticOptOut: true,
      logger: silent,
      dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
    })
    await client.waitForInitialization({ timeout: 120 })
    return client
  }
}
