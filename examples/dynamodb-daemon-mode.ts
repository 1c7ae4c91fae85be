// DynamoDB and nothing else: made for Lambda, where a connection to a service would not live long.
import { createClient, presets } from 'halyard'
import { dynamodbStore } from 'halyard/dynamodb'

const { DYNAMODB_TABLE = 'my-table', AWS_REGION = 'us-east-1' } = process.env

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.daemon(
    // `prefix` tells environments apart that share a table; there is none by default.
    dynamodbStore({ tableName: DYNAMODB_TABLE, clientOptions: { region: AWS_REGION }, cacheTTL: 30 }),
  ),
})

const { availability } = await client.waitForInitialization()
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`)

await client.close()
