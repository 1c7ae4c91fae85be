// Daemon mode as LaunchDarkly documents it for Node.js, without a `dataSystem`.
import { createClient } from 'halyard'
import { redisStore } from 'halyard/redis'

const { REDIS_URL = 'redis://localhost:6379', FLAGS_PREFIX = 'my-key-prefix' } = process.env

const store = redisStore({ url: REDIS_URL, prefix: FLAGS_PREFIX })
const client = createClient('sdk-key-123abc', { featureStore: store, useLdd: true })

await client.waitForInitialization()
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${client.availability}`)

await client.close()
