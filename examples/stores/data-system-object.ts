// The object that LaunchDarkly documents for data saving mode, with durations in seconds, and with a store.
import { createClient } from 'halyard'
import { redisStore } from 'halyard/redis'

const { FLAGS_URL = 'http://127.0.0.1:8765', REDIS_URL = 'redis://localhost:6379' } = process.env
const { FLAGS_PREFIX = 'my-key-prefix' } = process.env

const client = createClient('sdk-key-123abc', {
  baseUri: FLAGS_URL,
  sendEvents: false, // to print no warning: the service at FLAGS_URL may accept no events
  streamUri: FLAGS_URL,
  dataSystem: {
    dataSource: { dataSourceOptionsType: 'standard', pollInterval: 60, streamInitialReconnectDelay: 2 },
    persistentStore: redisStore({ url: REDIS_URL, prefix: FLAGS_PREFIX, cacheTTL: 30 }),
    // `useLdd: true` selects daemon mode
  },
})

await client.waitForInitialization({ timeout: 5 })
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${client.status.current.mode.protocol}`)

await client.close()
