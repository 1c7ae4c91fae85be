// Daemon mode with Redis: the Relay Proxy, or another application, keeps the data current.
import { createClient, presets } from 'halyard'
import { redisStore } from 'halyard/redis'

const { REDIS_HOST = 'localhost', REDIS_PORT = '6379', FLAGS_PREFIX = 'ld:spree:production' } = process.env

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.daemon(
    redisStore({ host: REDIS_HOST, port: Number(REDIS_PORT), prefix: FLAGS_PREFIX, cacheTTL: 30 }),
  ),
})

const { availability } = await client.waitForInitialization() // waits until Redis answers
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`)

await client.close()
