// A relay inside of a program: it keeps the flags of an environment current over one connection, for any number of SDKs.
import { createClient, presets } from 'halyard'
import { startRelay } from 'halyard/relay'

const { FLAGS_URL = 'http://127.0.0.1:8765' } = process.env

const relay = await startRelay({
  port: 0, // 0: a free port; default 8030
  host: '127.0.0.1',
  logLevel: 'warn',
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL }, // default: LaunchDarkly's
  environments: [{ name: 'Spree Project Test', sdkKey: 'sdk-key-123abc' }],
})
const late = await relay.started // names of environments without data after `initTimeoutMs`
if (late.length > 0) console.error(`no data for ${late.join(', ')}`)

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.default(),
  endpoints: { polling: relay.url, streaming: relay.url },
  sendEvents: false, // this relay accepts no events
})
await client.waitForInitialization({ timeoutMs: 5_000 })
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
const [environment] = relay.view.environments // the state that /status, /readyz and /metrics show
console.log(`${greeting}, ${environment?.serving}`)

await client.close()
await relay.close()
