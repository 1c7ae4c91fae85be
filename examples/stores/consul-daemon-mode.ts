// Daemon mode with Consul, and with the option names of LaunchDarkly's Consul store.
import { createClient, presets } from 'halyard'
import { consulStore } from 'halyard/consul'

const { CONSUL_HOST = 'localhost', CONSUL_PORT = '8500', FLAGS_PREFIX = 'my-key-prefix' } = process.env

const store = consulStore({
  consulOptions: { host: CONSUL_HOST, port: CONSUL_PORT },
  prefix: FLAGS_PREFIX,
  cacheTTL: 30, // seconds
})
const client = createClient('sdk-key-123abc', { dataSystem: presets.daemon(store) })

const { availability } = await client.waitForInitialization()
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`)

await client.close()
