import {
  DEFAULT_JOURNAL_LIMITS,
  type Journal,
  type JournalLimits,
  type StoreContext,
} from '../../model/persistent-store.ts'
import { type Append, appendByScript, appendByWatching } from './appends.ts'
import { Connection } from './connection.ts'
import { Either } from './either.ts'
import { keysOf } from './keys.ts'
import { readOptions } from './read-options.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'
import { routeTo } from './route.ts'

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
  const keys = keysOf(readOptions(options).prefix)
  const route = routeTo(options)
  const connection = new Connection(route, context)
  const appends = { connection, keys, limits: effective(limits) }
  const ways = { byScripts: appendByScript(appends), byWatching: appendByWatching(appends) }
  const either = new Either<Append>(ways, context.logger)
  return {
    append: (entries, signal) => either.do((append) => append(entries, signal)),
    read: (signal) =>
      connection.ask('read the history', signal, (client) => client.lrange(keys.history, 0, -1)),
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
