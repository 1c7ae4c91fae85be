import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb'
import { StoreError } from '../../model/errors.ts'
import { describePlace, EXPECTED_TABLE, isDenied, isThrottled, type Place, toStoreError } from './errors.ts'
import type { Aws } from './load-aws.ts'

const WANTED = 'HASH namespace (S), RANGE key (S)'

export interface TableCheck {
  readonly aws: Aws
  readonly client: DynamoDBClient
  readonly place: Place
  readonly signal: AbortSignal
}

/**
 * Rejects with a {@link StoreError} where the table is missing, has other keys, or cannot be used yet. Where nobody may
 * look at it, or too many look at once, it is taken to be as it should.
 */
export async function checkTable({ aws, client, place, signal }: TableCheck): Promise<void> {
  const table = await describeTable({ aws, client, place, signal })
  if (table?.TableStatus === 'CREATING' || table?.TableStatus === 'DELETING') {
    const state = table.TableStatus.toLowerCase()
    throw new StoreError(
      'unavailable',
      `DynamoDB ${describePlace(place)} is not there yet, or no longer: ${state}`,
    )
  }
  const keys = table && keysOf(table)
  if (keys !== undefined && keys !== WANTED) {
    throw new StoreError(
      'refused',
      `DynamoDB ${describePlace(place)} has the keys ${keys}; ${EXPECTED_TABLE}`,
    )
  }
}

async function describeTable({
  aws,
  client,
  place,
  signal,
}: TableCheck): Promise<TableDescription | undefined> {
  try {
    const command = new aws.DescribeTableCommand({ TableName: place.tableName })
    return (await client.send(command, { abortSignal: signal })).Table
  } catch (cause) {
    const error = toStoreError(cause, 'DescribeTable', place)
    if (isDenied(error) || isThrottled(error)) return undefined
    throw error
  }
}

function keysOf({ KeySchema = [], AttributeDefinitions = [] }: TableDescription): string {
  const types = new Map(
    AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]),
  )
  return KeySchema.map(
    ({ KeyType, AttributeName }) => `${KeyType} ${AttributeName} (${types.get(AttributeName)})`,
  )
    .sort()
    .join(', ')
}
