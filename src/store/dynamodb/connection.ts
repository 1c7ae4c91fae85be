import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../async/clock.ts'
import { childOf, untilAborted, withDeadline } from '../../async/signals.ts'
import { StoreError } from '../../model/errors.ts'
import { checkTable } from './check-table.ts'
import { type Place, toStoreError } from './errors.ts'
import { type Aws, loadAws } from './load-aws.ts'
import { placeOf } from './place.ts'
import type { Settings } from './settings.ts'

/** How one operation is sent, once the table is known to be there. */
export type Send<T> = (client: DynamoDBClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>

/** The first use waits no longer than this to learn whether the table is there. */
const CHECK_MS = 10_000

/** The way to one table. Connects when it is first asked something, and looks then at what the table is like. */
export class Connection {
  readonly tableName: string
  readonly #settings: Settings
  #client: DynamoDBClient | undefined
  readonly #clock: Clock
  readonly #life = new AbortController()
  #place: Place
  #checked: Promise<void> | undefined

  constructor(settings: Settings, clock: Clock) {
    const { tableName, client } = settings
    this.tableName = tableName
    this.#settings = settings
    this.#client = client
    this.#clock = clock
    this.#place = { tableName }
  }

  /** Loads the SDK, whose commands {@link ask} sends. Rejects with a {@link StoreError} if it is not installed. */
  sdk(signal: AbortSignal): Promise<Aws> {
    return this.#inTime('load the AWS SDK', signal, loadAws)
  }

  /** Rejects with a {@link StoreError}, at once when the signal aborts or the connection is closed. */
  ask<T>(operation: string, signal: AbortSignal, send: Send<T>): Promise<T> {
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
    const close = (): void => end(this.#life.signal.reason)
    this.#life.signal.addEventListener('abort', close)
    if (this.#life.signal.aborted) close()
    try {
      inTime.throwIfAborted()
      return await untilAborted(call(inTime), inTime)
    } catch (error) {
      throw toStoreError(error, operation, this.#place)
    } finally {
      this.#life.signal.removeEventListener('abort', close)
      end()
    }
  }

  close(): void {
    this.#life.abort(new StoreError('unavailable', `DynamoDB table "${this.tableName}": the store is closed`))
    if (!this.#settings.client) this.#client?.destroy()
  }

  /** One look for all who ask meanwhile, whose signals are not its business. After a failure the next one looks again. */
  #check(): Promise<void> {
    this.#checked ??= this.#look().catch((error: unknown) => {
      this.#checked = undefined
      throw error
    })
    return this.#checked
  }

  #look(): Promise<void> {
    return withDeadline(this.#clock, CHECK_MS, this.#life.signal, (signal) =>
      untilAborted(this.#lookAt(signal), signal),
    )
  }

  async #lookAt(signal: AbortSignal): Promise<void> {
    const aws = await loadAws()
    const client = await this.#open()
    this.#place = await placeOf(client, this.tableName)
    await checkTable({ aws, client, place: this.#place, signal })
  }
  /** The client that was handed in, or one of ours, which is made when it is first needed. */
  async #open(): Promise<DynamoDBClient> {
    if (this.#client) return this.#client
    const { DynamoDBClient } = await loadAws()
    this.#life.signal.throwIfAborted()
    this.#client ??= new DynamoDBClient(this.#settings.clientOptions)
    return this.#client
  }
}
