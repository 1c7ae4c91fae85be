import type { LDClient } from '@launchdarkly/node-server-sdk'
import { silent } from './silent.ts'

/** The official SDK, speaking FDv2, with analytics off. Resolves with what makes a client that has its data. */
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
