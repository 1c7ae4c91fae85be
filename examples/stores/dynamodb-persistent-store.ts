// DynamoDB beside LaunchDarkly: received data is written to DynamoDB, which serves reads until the first data arrives.
import { createClient, presets } from 'halyard'
import { dynamodbStore } from 'halyard/dynamodb'

const { FLAGS_URL = 'http://127.0.0.1:8765', DYNAMODB_TABLE = 'my-table' } = process.env

// The AWS SDK finds region, credentials and endpoint in the environment or in its files.
const store = dynamodbStore({ tableName: DYNAMODB_TABLE, cacheTtlMs: 30_000 })
const client = createClient('sdk-key-123abc', {
  dataSystem: presets.persistentStore(store),
  endpoints: { polling: FLAGS_URL, streaming: FLAGS_URL }, // leave this out for the hosted service
  sendEvents: false, // and this too, to send analytics events
})

const { availability } = await client.waitForInitialization({ timeoutMs: 5_000 })
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`)

await client.close() // writes pending changes
