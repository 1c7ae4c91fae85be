import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { childOf } from '../../async/child-signal.ts'
import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/deadline.ts'
import { untilAborted } from '../../async/until-aborted.ts'
import { StoreError } from '../../model/errors.ts'
import { checkTable } from './check-table.ts'
import { type Place, toStoreError } from './errors.ts'
import type { Aws } from './load-aws.ts'
import { placeOf } from './place.ts'
import type { Settings } from './settings.ts'

/** How one operation is sent, once the table is known to be there. */
export type Send<T> = (client: DynamoDBClient, options: { readonly abortSignal: AbortSignal }) => Promise<T>

/** The first use waits no longer than this to learn whether the table is there. */
const CHECK_MS = 10_000

/** The way to one table. Connects when it is first asked something, and looks then at what the table is like. */
export class Connection {
  readonly aws: Aws
  readonly tableName: string
  readonly #client: DynamoDBClient
  readonly #clock: Clock
  readonly #isOurs: boolean
  readonly #life = new AbortController()
  #place: Place
  #checked: Promise<void> | undefined

  constructor(aws: Aws, { tableName, client, clientOptions }: Settings, clock: Clock) {
    this.aws = aws
    this.tableName = tableName
    this.#client = client ?? new aws.DynamoDBClient(clientOptions)
    this.#isOurs = client === undefined
    this.#clock = clock
    this.#place = { tableName }
  }

  /** Rejects with a {@link StoreError}, at once when the signal aborts or the connection is closed. */
  async ask<T>(operation: string, signal: AbortSignal, send: Send<T>): Promise<T> {
    const { signal: inTime, end } = childOf(signal)
    const close = (): void => end(this.#life.signal.reason)
    this.#life.signal.addEventListener('abort', close)
    if (this.#life.signal.aborted) close()
    try {
      inTime.throwIfAborted()
      await untilAborted(this.#check(), inTime)
      return await untilAborted(send(this.#client, { abortSignal: inTime }), inTime)
    } catch (error) {
      throw toStoreError(error, operation, this.#place)
    } finally {
      this.#life.signal.removeEventListener('abort', close)
      end()
    }
  }

  close(): void {
    this.#life.abort(new StoreError('unavailable', `DynamoDB table "${this.tableName}": the store is closed`))
    if (this.#isOurs) this.#client.destroy()
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
    this.#place = await placeOf(this.#client, this.tableName)
    await checkTable({ aws: this.aws, client: this.#client, place: this.#place, signal })
  }
}
