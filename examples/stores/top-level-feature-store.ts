// Legacy options without a `dataSystem`: FDv1 by a stream, and a database.
import { createClient } from 'halyard'
import { redisStore } from 'halyard/redis'

const { FLAGS_URL, REDIS_URL = 'redis://localhost:6379', FLAGS_PREFIX = 'my-key-prefix' } = process.env

const store = redisStore({ url: REDIS_URL, prefix: FLAGS_PREFIX })
const client = createClient('sdk-key-123abc', {
  featureStore: store,
  ...(FLAGS_URL && { baseUri: FLAGS_URL, streamUri: FLAGS_URL, sendEvents: false }), // default: the hosted service
})

await client.waitForInitialization({ timeout: 5 }) // seconds
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${client.status.current.mode.protocol}`)

await client.close()
