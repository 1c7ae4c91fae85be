import type { DynamoDBClient, QueryCommandInput, UpdateItemCommandInput, WriteRequest } from '@aws-sdk/client-dynamodb'
import { childOf } from '../../async/child-signal.ts'
import { untilAborted } from '../../async/until-aborted.ts'
import { StoreError } from '../../model/errors.ts'
import type { Aws } from './aws.ts'
import { isConditionFailed, isThrottled, toStoreError } from './errors.ts'
import { type Attributes, attributesOf } from './items.ts'
import type { ItemKey } from './names.ts'
import type { Readiness } from './readiness.ts'

type Condition = Omit<UpdateItemCommandInput, 'TableName' | 'Key'>

interface Sending {
  readonly abortSignal: AbortSignal
}

export interface TableOptions {
  readonly aws: Aws
  readonly client: DynamoDBClient
  readonly readiness: Readiness
  readonly consistentReads: boolean
}

/** One table, in the few operations a store needs. Each rejects with a {@link StoreError}, at once when its signal aborts. */
export class Table {
  readonly #options: TableOptions

  constructor(options: TableOptions) {
    this.#options = options
  }

  async get(key: ItemKey, signal: AbortSignal): Promise<Attributes | undefined> {
    const { aws, client, consistentReads: ConsistentRead } = this.#options
    const input = { Key: attributesOf(key), ConsistentRead }
    const { Item } = await this.#ask('GetItem', signal, (TableName, sending) =>
      client.send(new aws.GetItemCommand({ TableName, ...input }), sending),
    )
    return Item
  }

  /** Every item of a partition, page by page. */
  async *pages(namespace: string, consistent: 'always' | 'as configured', signal: AbortSignal): AsyncGenerator<readonly Attributes[], void, undefined> {
    const { aws, client, consistentReads } = this.#options
    const query = {
      ConsistentRead: consistentReads || consistent === 'always',
      KeyConditionExpression: '#namespace = :namespace',
      ExpressionAttributeNames: { '#namespace': 'namespace' },
      ExpressionAttributeValues: { ':namespace': { S: namespace } },
    } satisfies Omit<QueryCommandInput, 'TableName'>
    let ExclusiveStartKey: Attributes | undefined
    do {
      const input = { ...query, ExclusiveStartKey }
      const page = await this.#ask('Query', signal, (TableName, sending) => client.send(new aws.QueryCommand({ TableName, ...input }), sending))
      yield page.Items ?? []
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey)
  }
}
