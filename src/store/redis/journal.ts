import {
  DEFAULT_JOURNAL_LIMITS,
  type Journal,
  type JournalLimits,
  type StoreContext,
} from '../../model/persistent-store.ts'
import { type RedisClient, RedisConnection } from './connection.ts'
import { type RedisKeys, redisKeys } from './keys.ts'
import { checkRedisOptions, type RedisStoreOptions } from './options.ts'
import { routeTo } from './route.ts'
import { APPEND, run } from './scripts.ts'
import { updateOptimistically } from './watched-writes.ts'
import { StrategySelector } from './write-strategy.ts'

/** Appends entries and removes the oldest ones beyond the limits, atomically. */
type Append = (entries: readonly string[], signal: AbortSignal) => Promise<void>

interface AppendOptions {
  readonly connection: RedisConnection
  readonly keys: RedisKeys
  readonly limits: Required<JournalLimits>
}

const OPERATION = 'append to the history'

const MEASURED_PER_READ = 100

function appendByScript({ connection, keys, limits }: AppendOptions): Append {
  const { maxEntries, maxBytes, expireAfterMs } = limits
  return (entries, signal) =>
    connection.withClient(OPERATION, signal, async (client) => {
      const values = [maxEntries, maxBytes, expireAfterMs, ...entries]
      await run(client, APPEND, [keys.history, keys.historySize], values)
    })
}

/** Appends by WATCH and MULTI. Only the final transaction changes anything. */
function appendByWatching({ connection, keys, limits }: AppendOptions): Append {
  const { history, historySize } = keys
  const { expireAfterMs } = limits
  const watch = [history, historySize]
  return (entries, signal) => {
    const decide = async (client: RedisClient) => {
      const { dropped, count, bytes } = await outcome(client, keys, entries, limits)
      return {
        answer: undefined,
        write(transaction: ReturnType<RedisClient['multi']>) {
          if (entries.length > 0) transaction.rpush(history, ...entries)
          return transaction
            .ltrim(history, dropped, -1)
            .pexpire(history, expireAfterMs)
            .set(historySize, `${count} ${bytes}`, 'PX', expireAfterMs)
        },
      }
    }
    return updateOptimistically(connection, { operation: OPERATION, watch, decide }, signal)
  }
}

/** The size of the list after `dropped` entries were removed from its start. */
interface Size {
  readonly dropped: number
  readonly count: number
  readonly bytes: number
}

async function outcome(
  client: RedisClient,
  keys: RedisKeys,
  entries: readonly string[],
  { maxEntries, maxBytes }: Required<JournalLimits>,
): Promise<Size> {
  const added = entries.map((text) => Buffer.byteLength(text))
  const current = await measure(client, keys, maxEntries)
  let { dropped } = current
  let count = current.count + added.length
  let bytes = current.bytes + sum(added)
  while (count > 0 && (count > maxEntries || bytes > maxBytes)) {
    const known = await lengths(client, keys, dropped, dropped + MEASURED_PER_READ - 1)
    // After all existing entries, new entries are dropped too.
    for (const length of known.length > 0 ? known : added) {
      if (count <= maxEntries && bytes <= maxBytes) break
      dropped++
      count--
      bytes -= length
    }
  }
  return { dropped, count, bytes: Math.max(bytes, 0) }
}

/**
 * Returns the current size. Counts the entries if the recorded size does not fit the list, for example after other
 * software changed it.
 */
async function measure(client: RedisClient, keys: RedisKeys, maxEntries: number): Promise<Size> {
  const [, count, bytes] = /^(\d+) (\d+)$/.exec((await client.get(keys.historySize)) ?? '') ?? []
  const length = await client.llen(keys.history)
  if (Number(count) === length) return { dropped: 0, count: length, bytes: Number(bytes) }
  const known = await lengths(client, keys, -maxEntries, -1)
  return { dropped: length - known.length, count: known.length, bytes: sum(known) }
}

async function lengths(
  client: RedisClient,
  { history }: RedisKeys,
  first: number,
  last: number,
): Promise<number[]> {
  const texts = await client.lrangeBuffer(history, first, last)
  return texts.map(({ length }) => length)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/**
 * Opens the journal of a prefix. Takes the options of {@link redisStore}, which logs their warnings. Opens its own
 * connection on first use. Throws a {@link ConfigError} if options are wrong.
 */
export function redisJournal(
  options: RedisStoreOptions,
  context: StoreContext,
  limits: JournalLimits = {},
): Journal {
  const keys = redisKeys(checkRedisOptions(options).prefix)
  const route = routeTo(options)
  const connection = new RedisConnection(route, context)
  const appends = { connection, keys, limits: effective(limits) }
  const strategies = { scripted: appendByScript(appends), watched: appendByWatching(appends) }
  const selector = new StrategySelector<Append>(strategies, context.logger)
  return {
    append: (entries, signal) => selector.run((append) => append(entries, signal)),
    read: (signal) =>
      connection.withClient('read the history', signal, (client) => client.lrange(keys.history, 0, -1)),
    close: () => {
      connection.close()
      return Promise.resolve()
    },
  }
}

/** Returns the limits with a whole number of milliseconds, and a finite expiry, as Redis requires. */
function effective(limits: JournalLimits): Required<JournalLimits> {
  const all = { ...DEFAULT_JOURNAL_LIMITS, ...limits }
  return { ...all, expireAfterMs: Math.min(Math.ceil(all.expireAfterMs), Number.MAX_SAFE_INTEGER) }
}
