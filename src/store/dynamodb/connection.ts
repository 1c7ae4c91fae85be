import type { DynamoDBClient, TableDescription } from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../async/clock.ts'
import { childOf, untilAborted, withDeadline } from '../../async/signals.ts'
import { StoreError } from '../../model/errors.ts'
import { type Peer, storePeerError } from '../../options/load-peer.ts'
import {
  describeLocation,
  EXPECTED_TABLE,
  isDenied,
  isThrottled,
  type TableLocation,
  toDynamodbError,
} from './errors.ts'
import type { DynamodbSettings } from './options.ts'

export type Send<T> = (client: DynamoDBClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>

const CHECK_TIMEOUT_MS = 10_000

/** The connection to one table. The first operation connects and checks the keys of the table. */
export class DynamodbConnection {
  readonly tableName: string
  readonly #settings: DynamodbSettings
  #client: DynamoDBClient | undefined
  readonly #clock: Clock
  readonly #lifetime = new AbortController()
  #place: TableLocation
  #checked: Promise<void> | undefined

  constructor(settings: DynamodbSettings, clock: Clock) {
    const { tableName, client } = settings
    this.tableName = tableName
    this.#settings = settings
    this.#client = client
    this.#clock = clock
    this.#place = { tableName }
  }

  loadSdk(signal: AbortSignal): Promise<Aws> {
    return this.#inTime('load the AWS SDK', signal, loadAws)
  }

  /**
   * Runs an operation after the table was checked. Rejects with a {@link StoreError}, at once if the signal aborts or
   * the connection closes.
   */
  run<T>(operation: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    return this.#inTime(operation, signal, async (inTime) => {
      await this.#check()
      return send(await this.#open(), { abortSignal: inTime })
    })
  }

  async #inTime<T>(
    operation: string,
    signal: AbortSignal,
    call: (inTime: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { signal: inTime, end } = childOf(signal)
    const close = (): void => end(this.#lifetime.signal.reason)
    this.#lifetime.signal.addEventListener('abort', close)
    if (this.#lifetime.signal.aborted) close()
    try {
      inTime.throwIfAborted()
      return await untilAborted(call(inTime), inTime)
    } catch (error) {
      throw toDynamodbError(error, operation, this.#place)
    } finally {
      this.#lifetime.signal.removeEventListener('abort', close)
      end()
    }
  }

  close(): void {
    this.#lifetime.abort(
      new StoreError('unavailable', `DynamoDB table "${this.tableName}": the store is closed`),
    )
    if (!this.#settings.client) this.#client?.destroy()
  }

  /**
   * Checks the table once for all concurrent operations, independently of their signals. After a failure, the next
   * operation checks again.
   */
  #check(): Promise<void> {
    this.#checked ??= this.#checkTable().catch((error: unknown) => {
      this.#checked = undefined
      throw error
    })
    return this.#checked
  }

  #checkTable(): Promise<void> {
    return withDeadline(this.#clock, CHECK_TIMEOUT_MS, this.#lifetime.signal, (signal) =>
      untilAborted(this.#checkTableWith(signal), signal),
    )
  }

  async #checkTableWith(signal: AbortSignal): Promise<void> {
    const aws = await loadAws()
    const client = await this.#open()
    this.#place = await placeOf(client, this.tableName)
    await checkTable({ aws, client, place: this.#place, signal })
  }

  async #open(): Promise<DynamoDBClient> {
    if (this.#client) return this.#client
    const { DynamoDBClient } = await loadAws()
    this.#lifetime.signal.throwIfAborted()
    this.#client ??= new DynamoDBClient(this.#settings.clientOptions)
    return this.#client
  }
}

const EXPECTED_KEYS = 'HASH namespace (S), RANGE key (S)'

interface TableCheck {
  readonly aws: Aws
  readonly client: DynamoDBClient
  readonly place: TableLocation
  readonly signal: AbortSignal
}

/**
 * Rejects with a {@link StoreError} if the table is missing, has other keys or is not active. Accepts the table if
 * the check is not permitted or throttled.
 */
async function checkTable({ aws, client, place, signal }: TableCheck): Promise<void> {
  const table = await describeTable({ aws, client, place, signal })
  if (table?.TableStatus === 'CREATING' || table?.TableStatus === 'DELETING') {
    const state = table.TableStatus.toLowerCase()
    throw new StoreError('unavailable', `DynamoDB ${describeLocation(place)} is not active: ${state}`)
  }
  const keys = table && keysOf(table)
  if (keys !== undefined && keys !== EXPECTED_KEYS) {
    throw new StoreError(
      'refused',
      `DynamoDB ${describeLocation(place)} has the keys ${keys}; ${EXPECTED_TABLE}`,
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
    const error = toDynamodbError(cause, 'DescribeTable', place)
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

type Aws = typeof import('@aws-sdk/client-dynamodb')

export const PEER: Peer = { root: 'dynamodbStore', name: '@aws-sdk/client-dynamodb' }

/**
 * Loads the SDK, which the client of an application needs too. Rejects with a {@link StoreError} if it is missing.
 */
export async function loadAws(): Promise<Aws> {
  try {
    return await import('@aws-sdk/client-dynamodb')
  } catch (cause) {
    throw storePeerError(PEER, cause)
  }
}

async function placeOf({ config }: DynamoDBClient, tableName: string): Promise<TableLocation> {
  const region = await config.region()
  const endpoint = await config.endpoint?.()
  const port = endpoint?.port === undefined ? '' : `:${endpoint.port}`
  return { tableName, region, ...(endpoint && { endpoint: `${endpoint.hostname}${port}` }) }
}
