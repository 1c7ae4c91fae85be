// Redis beside LaunchDarkly: received data is written to Redis, which serves reads until the first data arrives.
import { createClient, presets } from 'halyard'
import { redisStore } from 'halyard/redis'

const { FLAGS_URL = 'http://127.0.0.1:8765', REDIS_URL = 'redis://localhost:6379' } = process.env
const { FLAGS_PREFIX = 'my-key-prefix' } = process.env

const store = redisStore({ url: REDIS_URL, prefix: FLAGS_PREFIX, cacheTtlMs: 30_000 })
const client = createClient('sdk-key-123abc', {
  dataSystem: presets.persistentStore(store),
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL }, // leave this out for the hosted service
  sendEvents: false, // and this too, to send analytics events
})

const { availability } = await client.waitForInitialization({ timeoutMs: 5_000 })
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`) // `cached`: data of the last run, until the service answers

await client.close() // writes pending changes
