// A file beside LaunchDarkly, without a database: a restart serves its data and requests only later changes.
import { createClient, fileStore, presets } from 'halyard'

const { FLAGS_URL = 'http://127.0.0.1:8765', SNAPSHOT = 'flags.snapshot' } = process.env

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.persistentStore(fileStore(SNAPSHOT, { saveEveryMs: 2_000 })),
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL }, // leave this out for the hosted service
  sendEvents: false, // and this too, to send analytics events
})

const { availability } = await client.waitForInitialization({ timeoutMs: 5_000 })
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`)

await client.close() // saves pending changes
