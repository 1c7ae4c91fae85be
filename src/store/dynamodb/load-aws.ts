import { type Peer, storePeerError } from '../../options/load-peer.ts'

/** The AWS SDK for DynamoDB. */
export type Aws = typeof import('@aws-sdk/client-dynamodb')

const PEER: Peer = { root: 'dynamodbStore', name: '@aws-sdk/client-dynamodb' }

/** Loads the SDK, whose commands a client that was handed in needs too. Rejects with a {@link StoreError} if it is missing. */
export async function loadAws(): Promise<Aws> {
  try {
    return await import('@aws-sdk/client-dynamodb')
  } catch (cause) {
    throw storePeerError(PEER, cause)
  }
}
