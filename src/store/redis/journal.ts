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

/** Adds to the history and takes from its beginning what is too much, all at once. */
type Append = (entries: readonly string[], signal: AbortSignal) => Promise<void>

export interface AppendOptions {
  readonly connection: RedisConnection
  readonly keys: RedisKeys
  readonly limits: Required<JournalLimits>
}

const TRIED = 'append to the history'

/** So many entries are read at once, to learn how long they are. */
const MEASURED_AT_ONCE = 100

function appendByScript({ connection, keys, limits }: AppendOptions): Append {
  const { maxEntries, maxBytes, expireAfterMs } = limits
  return (entries, signal) =>
    connection.withClient(TRIED, signal, async (client) => {
      const values = [maxEntries, maxBytes, expireAfterMs, ...entries]
      await run(client, APPEND, [keys.history, keys.historySize], values)
    })
}

/** The same in several steps, of which only the last changes anything. */
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
    return updateOptimistically(connection, { tried: TRIED, watch, decide }, signal)
  }
}

/** How much there is, once so many of the oldest are gone. */
interface Size {
  readonly dropped: number
  readonly count: number
  readonly bytes: number
}

/** What comes of appending these. */
async function outcome(
  client: RedisClient,
  keys: RedisKeys,
  entries: readonly string[],
  { maxEntries, maxBytes }: Required<JournalLimits>,
): Promise<Size> {
  const added = entries.map((text) => Buffer.byteLength(text))
  const held = await measure(client, keys, maxEntries)
  let { dropped } = held
  let count = held.count + added.length
  let bytes = held.bytes + sum(added)
  while (count > 0 && (count > maxEntries || bytes > maxBytes)) {
    const known = await lengths(client, keys, dropped, dropped + MEASURED_AT_ONCE - 1)
    // Once those that are there are through, it is the turn of the new ones.
    for (const length of known.length > 0 ? known : added) {
      if (count <= maxEntries && bytes <= maxBytes) break
      dropped++
      count--
      bytes -= length
    }
  }
  return { dropped, count, bytes: Math.max(bytes, 0) }
}

/** By what stands beside the list; where that does not fit, somebody else was there, or nobody yet. */
async function measure(client: RedisClient, keys: RedisKeys, maxEntries: number): Promise<Size> {
  const [, count, bytes] = /^(\d+) (\d+)$/.exec((await client.get(keys.historySize)) ?? '') ?? []
  const length = await client.llen(keys.history)
  if (Number(count) === length) return { dropped: 0, count: length, bytes: Number(bytes) }
  const known = await lengths(client, keys, -maxEntries, -1)
  return { dropped: length - known.length, count: known.length, bytes: sum(known) }
}

/** In bytes, whatever they are. */
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
 * A list beside the rows of a prefix, for all who use that prefix. Takes the options of {@link redisStore}, whose store
 * warns of what is doubtful about them; has a connection of its own, made when it is first needed. Throws a
 * {@link ConfigError} when options are wrong.
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
  const ways = { scripted: appendByScript(appends), watched: appendByWatching(appends) }
  const either = new StrategySelector<Append>(ways, context.logger)
  return {
    append: (entries, signal) => either.run((append) => append(entries, signal)),
    read: (signal) =>
      connection.withClient('read the history', signal, (client) => client.lrange(keys.history, 0, -1)),
    close: () => {
      connection.close()
      return Promise.resolve()
    },
  }
}

/** Redis counts whole milliseconds, and has no word for good. */
function effective(limits: JournalLimits): Required<JournalLimits> {
  const all = { ...DEFAULT_JOURNAL_LIMITS, ...limits }
  return { ...all, expireAfterMs: Math.min(Math.ceil(all.expireAfterMs), Number.MAX_SAFE_INTEGER) }
}
