import type { OpenedStore, StoreContext } from '../../model/persistent-store.ts'
import { Connection, type Route } from './connection.ts'
import { Feed } from './feed.ts'
import { keysOf } from './keys.ts'
import { Reads } from './reads.ts'
import { Writes } from './writes.ts'

/** One connection for what is asked, another while somebody listens. */
export function openRedis(route: Route, prefix: string, context: StoreContext): OpenedStore {
  const { clock, random, logger } = context
  const connection = new Connection(route, context)
  const keys = keysOf(prefix)
  const reads = new Reads(connection, keys)
  const writes = new Writes(connection, keys, logger)
  return {
    store: {
      name: route.name,
      writeDelayMs: 0,
      initialized: (signal) => reads.initialized(signal),
      get: (kind, key, signal) => reads.get(kind, key, signal),
      summary: (signal) => reads.summary(signal),
      readAll: (signal) => reads.readAll(signal),
      write: (write, signal) => writes.write(write, signal),
      close: () => {
        connection.close()
        return Promise.resolve()
      },
    },
    feed: new Feed({ connection, channel: keys.channel, clock, random }),
    lease: writes,
  }
}
