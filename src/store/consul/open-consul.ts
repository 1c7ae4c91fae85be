import type { OpenedStore, StoreContext, StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import { undiciTransport } from '../../transport/undici-transport.ts'
import { ConsulClient } from './consul-client.ts'
import { ConsulFeed } from './consul-feed.ts'
import { ConsulLease } from './consul-lease.ts'
import type { ConsulSettings } from './consul-options.ts'
import { writeDelta } from './delta-write.ts'
import { enterFence } from './fence.ts'
import { writeFull } from './full-write.ts'
import { KeySpace } from './key-space.ts'
import { Reads } from './reads.ts'
import { Transactions } from './transactions.ts'
import { Writing } from './writing.ts'

/** Puts the parts together; connects to nothing. */
export function openConsul(settings: ConsulSettings, { clock, random }: StoreContext): OpenedStore {
  const { tls, prefix, namespace, consistency } = settings
  // An agent is a neighbour: what the environment says of proxies is about the world outside.
  const client = new ConsulClient(settings, undiciTransport({ proxy: 'none', ...(tls && { tls }) }))
  const keys = new KeySpace(prefix)
  const { name } = client
  const reads = new Reads({
    transactions: new Transactions({ client, namespace, consistency }),
    keys,
    client,
    consistency,
  })
  // Who compares before writing must see what the leader sees.
  const transactions = new Transactions({ client, namespace, consistency: 'default' })

  const write = async (what: StoreWrite, signal: AbortSignal): Promise<WriteReport> => {
    const guard = await enterFence(what.fence, { transactions, key: keys.fence, name }, signal)
    const writing = new Writing({ client, transactions, keys, guard })
    return what.type === 'full' ? writeFull(what, writing, signal) : writeDelta(what, writing, signal)
  }

  return {
    store: {
      name: `${name} (${prefix})`,
      writeDelayMs: 0,
      initialized: (signal) => reads.initialized(signal),
      get: (kind, key, signal) => reads.get(kind, key, signal),
      summary: (signal) => reads.summary(signal),
      readAll: (signal) => reads.readAll(signal),
      write,
      close: () => client.close(),
    },
    feed: new ConsulFeed({ client, key: keys.sidecar, consistency, clock, random }),
    lease: new ConsulLease({ transactions, key: keys.lease, clock }),
  }
}
