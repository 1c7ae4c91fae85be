import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Place } from './errors.ts'

/** Where a client goes: its region, and host and port where that is not AWS itself. */
export async function placeOf({ config }: DynamoDBClient, tableName: string): Promise<Place> {
  const region = await config.region()
  const endpoint = await config.endpoint?.()
  const port = endpoint?.port === undefined ? '' : `:${endpoint.port}`
  return { tableName, region, ...(endpoint && { endpoint: `${endpoint.hostname}${port}` }) }
}
