import type { Client, Connection } from './connection.ts'
import { executed, type Transaction } from './executed.ts'

/** What was read decides what is written, unless it decides that nothing is. */
export interface Decision<T> {
  readonly answer: T
  readonly write?: (transaction: Transaction) => Transaction
}

/** Something to be done all at once, if none of these keys changes meanwhile. */
export interface Attempt<T> {
  /** Completes "cannot …". */
  readonly tried: string
  readonly watch: readonly string[]
  readonly decide: (client: Client) => Promise<Decision<T>>
}

/** Somebody else who writes all the time must not keep a writer busy for good. */
const MOST_ATTEMPTS = 20

/**
 * By WATCH and MULTI: what was read must not have changed until it is written, or it is read again. Over a connection of
 * its own, because WATCH is a matter of the connection. Rejects with a {@link StoreError}.
 */
export function unlessChanged<T>(
  connection: Connection,
  { tried, watch, decide }: Attempt<T>,
  signal: AbortSignal,
): Promise<T> {
  return connection.alone(tried, signal, async (client) => {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      signal.throwIfAborted()
      await client.watch(...watch)
      const { answer, write } = await decide(client)
      if (!write) return answer
      signal.throwIfAborted()
      if (await executed(write(client.multi()))) return answer
    }
    throw new Error('others write all the time')
  })
}
