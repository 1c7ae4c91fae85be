import { loadPeer } from '../options/load-peer.ts'

/** The AWS SDK for DynamoDB. */
export type Aws = typeof import('@aws-sdk/client-dynamodb')

/** Throws a {@link ConfigError} where it is not installed. */
export function loadAws(): Aws {
  return loadPeer({ root: 'dynamodbStore', name: '@aws-sdk/client-dynamodb' }) as Aws
}
