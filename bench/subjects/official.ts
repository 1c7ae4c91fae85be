import type { Subject } from './subject.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** The official SDK, speaking FDv2. */
export const official: Subject = {
  async load() {
    const { init } = await import('@launchdarkly/node-server-sdk')
    return {
      async initialize(url) {
        const client = init('sdk-key', {
          baseUri: url,
          streamUri: url,
          eventsUri: url,
          sendEvents: false,
          logger: silent,
          dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } },
        })
        await client.waitForInitialization({ timeout: 120 })
        const context = { kind: 'user', key: 'bench' }
        return { holds: async (key) => (await client.variation(key, context, 'absent')) !== 'absent' }
      },
    }
  },
}
