import type { PutItemCommandInput, UpdateItemCommandInput, WriteRequest } from '@aws-sdk/client-dynamodb'
import type { ReadConsistency } from '../../model/persistent-store.ts'
import type { DynamodbConnection } from './connection.ts'
import { isConditionFailed, isThrottled } from './errors.ts'
import { type Attributes, attributesOf, type ItemKey } from './items.ts'

export type Put = Omit<PutItemCommandInput, 'TableName'>

export interface Update extends Omit<UpdateItemCommandInput, 'TableName' | 'Key' | 'ReturnValues'> {
  readonly returned?: 'ALL_NEW' | 'ALL_OLD'
}

/** The content of a page (its items, or only their number) and the consistency of the read. */
export interface PageOptions {
  readonly consistency: ReadConsistency
  readonly select: 'items' | 'count'
}

export interface Page {
  /** The items; none if only their number was requested. */
  readonly items: readonly Attributes[]
  readonly count: number
  /** Cost of the page, in read units. */
  readonly units: number
}

/** Estimated cost of a row of 1 KB, in read units, for a service that does not return costs. */
const UNITS_PER_ROW = 0.25

/** The operations of a store on one table. Each rejects with a {@link StoreError}. */
export class Table {
  readonly #connection: DynamodbConnection

  constructor(connection: DynamodbConnection) {
    this.#connection = connection
  }

  async get(
    key: ItemKey,
    consistency: ReadConsistency,
    signal: AbortSignal,
  ): Promise<Attributes | undefined> {
    const { tableName: TableName } = this.#connection
    const aws = await this.#connection.loadSdk(signal)
    const ConsistentRead = consistency === 'strong'
    const command = new aws.GetItemCommand({ TableName, Key: attributesOf(key), ConsistentRead })
    const answer = await this.#connection.run('GetItem', signal, (client, options) =>
      client.send(command, options),
    )
    return answer.Item
  }

  /** Yields a partition in pages of up to 1 MB. */
  async *pages(
    namespace: string,
    { consistency, select }: PageOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Page, void, undefined> {
    const { tableName: TableName } = this.#connection
    const aws = await this.#connection.loadSdk(signal)
    let ExclusiveStartKey: Attributes | undefined
    do {
      const command = new aws.QueryCommand({
        TableName,
        ConsistentRead: consistency === 'strong',
        KeyConditionExpression: '#namespace = :namespace',
        ExpressionAttributeNames: { '#namespace': 'namespace' },
        ExpressionAttributeValues: { ':namespace': { S: namespace } },
        ReturnConsumedCapacity: 'TOTAL',
        ...(select === 'count' && { Select: 'COUNT' }),
        ...(ExclusiveStartKey && { ExclusiveStartKey }),
      })
      const page = await this.#connection.run('Query', signal, (client, options) =>
        client.send(command, options),
      )
      const { Items: items = [], Count: count = items.length } = page
      yield { items, count, units: page.ConsumedCapacity?.CapacityUnits ?? count * UNITS_PER_ROW }
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey)
  }

  async put(put: Put, signal: AbortSignal): Promise<boolean> {
    const { tableName: TableName } = this.#connection
    const aws = await this.#connection.loadSdk(signal)
    const command = new aws.PutItemCommand({ TableName, ...put })
    const answer = await undefinedIfConditionFailed(
      this.#connection.run('PutItem', signal, (client, options) => client.send(command, options)),
    )
    return answer !== undefined
  }

  /** Returns the new or the old item, or `undefined` if the condition did not hold. */
  async update(
    key: ItemKey,
    { returned = 'ALL_NEW', ...update }: Update,
    signal: AbortSignal,
  ): Promise<Attributes | undefined> {
    const { tableName: TableName } = this.#connection
    const aws = await this.#connection.loadSdk(signal)
    const command = new aws.UpdateItemCommand({
      TableName,
      Key: attributesOf(key),
      ReturnValues: returned,
      ...update,
    })
    const answer = await undefinedIfConditionFailed(
      this.#connection.run('UpdateItem', signal, (client, options) => client.send(command, options)),
    )
    return answer && (answer.Attributes ?? {})
  }

  /**
   * Sends up to 25 puts and deletes. Returns those that the database did not process, all of them if it is
   * overloaded.
   */
  async write(requests: readonly WriteRequest[], signal: AbortSignal): Promise<readonly WriteRequest[]> {
    const { tableName } = this.#connection
    const aws = await this.#connection.loadSdk(signal)
    const command = new aws.BatchWriteItemCommand({ RequestItems: { [tableName]: [...requests] } })
    try {
      const { UnprocessedItems = {} } = await this.#connection.run(
        'BatchWriteItem',
        signal,
        (client, options) => client.send(command, options),
      )
      return Object.values(UnprocessedItems).flat()
    } catch (error) {
      if (isThrottled(error)) return requests
      throw error
    }
  }
}

async function undefinedIfConditionFailed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isConditionFailed(error)) return undefined
    throw error
  }
}
