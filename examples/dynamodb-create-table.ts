// The table Halyard and LaunchDarkly's SDKs expect. They do not make it: throughput and permissions are yours to choose.
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'

const { DYNAMODB_TABLE: TableName = 'my-table' } = process.env
const client = new DynamoDBClient() // region and credentials from the environment, or the files of AWS

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
