// Creates the table that Halyard and LaunchDarkly's SDKs expect. They do not create it, because you choose throughput and permissions.
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'

const { DYNAMODB_TABLE: TableName = 'my-table' } = process.env
const client = new DynamoDBClient() // region and credentials from the environment, or from AWS's files

await client.send(
  new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'namespace', AttributeType: 'S' },
      { AttributeName: 'key', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'namespace', KeyType: 'HASH' },
      { AttributeName: 'key', KeyType: 'RANGE' },
    ],
  }),
)
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName })
console.log(`${TableName} is there`)
