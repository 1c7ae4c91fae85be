import type { LDClient } from '@launchdarkly/node-server-sdk'
import { silent } from './silent.ts'

/** Loads the official SDK with FDv2 and without analytics. Resolves with a function that opens a client with data. */
export async function loadOfficial(): Promise<(url: string) => Promise<LDClient>> {
  const { init } = await import('@launchdarkly/node-server-sdk')
  return async (url) => {
    const client = init('sdk-key', {
      baseUri: url,
      streamUri: url,
      eventsUri: url,
      sendEvents: false,
      logger: silent,
      dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
    })
    await client.waitForInitialization({ timeout: 120 })
    return client
  }
}
