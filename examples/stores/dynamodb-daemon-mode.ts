// Daemon mode with DynamoDB, for example in Lambda functions, which end before a connection to a service is useful.
import { createClient, presets } from 'halyard'
import { dynamodbStore } from 'halyard/dynamodb'

const { DYNAMODB_TABLE = 'my-table', AWS_REGION = 'us-east-1' } = process.env

const client = createClient('sdk-key-123abc', {
  dataSystem: presets.daemon(
    // `prefix` separates environments that share a table. Default: none.
    dynamodbStore({ tableName: DYNAMODB_TABLE, clientOptions: { region: AWS_REGION }, cacheTTL: 30 }),
  ),
})

const { availability } = await client.waitForInitialization()
const greeting = await client.stringVariation('greeting', { kind: 'user', key: 'ada' }, 'no greeting')
console.log(`${greeting}, ${availability}`)

await client.close()
