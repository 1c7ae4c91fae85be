import type { TransactionCanceledException, TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { Backoff } from '../../async/backoff.ts'
import { sleep } from '../../async/sleep.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreContext } from '../../model/persistent-store.ts'
import type { DynamodbConnection } from './connection.ts'
import { isThrottled } from './errors.ts'

const MAX_ATTEMPTS = 10

/** Codes of cancellations that a retry can change. */
const TEMPORARY: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

/** Writes several items in one transaction. */
export class Transactions {
  readonly #connection: DynamodbConnection
  readonly #context: Pick<StoreContext, 'clock' | 'random'>

  constructor(connection: DynamodbConnection, context: Pick<StoreContext, 'clock' | 'random'>) {
    this.#connection = connection
    this.#context = context
  }

  /**
   * Writes all items, or none: `refused` if a condition does not hold. Repeats a transaction that conflicts with another one or is
   * throttled. Rejects with a {@link StoreError}.
   */
  async write(items: readonly TransactWriteItem[], signal: AbortSignal): Promise<'written' | 'refused'> {
    const { clock, random } = this.#context
    const backoff = new Backoff({ clock, random, baseMs: 50, maxMs: 2_000 })
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const result = await this.#attempt(items, signal)
      if (result !== 'conflict') return result
      await sleep(clock, backoff.failed(), signal)
      signal.throwIfAborted()
    }
    throw new StoreError(
      'unavailable',
      `DynamoDB cancelled a transaction in each of ${MAX_ATTEMPTS} attempts`,
    )
  }

  async #attempt(
    items: readonly TransactWriteItem[],
    signal: AbortSignal,
  ): Promise<'written' | 'refused' | 'conflict'> {
    const aws = await this.#connection.loadSdk(signal)
    const command = new aws.TransactWriteItemsCommand({ TransactItems: [...items] })
    try {
      return await this.#connection.run('TransactWriteItems', signal, async (client, options) => {
        try {
          await client.send(command, options)
          return 'written'
        } catch (error) {
          const result = resultOf(error)
          if (result === undefined) throw error
          return result
        }
      })
    } catch (error) {
      if (isThrottled(error)) return 'conflict'
      throw error
    }
  }
}

/** Returns the result of a cancelled transaction; `undefined` for other failures. */
function resultOf(error: unknown): 'refused' | 'conflict' | undefined {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return undefined
  const { CancellationReasons: reasons = [] } = error as TransactionCanceledException
  const codes = reasons.map(({ Code = 'None' }) => Code).filter((code) => code !== 'None')
  if (codes.includes('ConditionalCheckFailed')) return 'refused'
  return codes.length > 0 && codes.every((code) => TEMPORARY.has(code)) ? 'conflict' : undefined
}
