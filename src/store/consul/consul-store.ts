/**
 * Flag data in Consul's key/value store: {@link consulStore}. Needs no package.
 *
 * @packageDocumentation
 */

import type {
  OpenedStore,
  StoreContext,
  StoreDescription,
  StoreWrite,
  WriteReport,
} from '../../model/persistent-store.ts'
import { undiciTransport } from '../../transport/undici-transport.ts'
import { ConsulClient } from './client.ts'
import { ConsulFeed } from './feed.ts'
import { ConsulLease } from './lease.ts'
import { type ConsulSettings, type ConsulStoreOptions, checkConsulOptions } from './options.ts'
import { ConsulKeys, ConsulReads } from './reads.ts'
import { Transactions } from './transactions.ts'
import { claimFencingToken, WriteSession } from './write-session.ts'
import { writeDelta, writeFull } from './writes.ts'

/** A description of a store in Consul, for the option `store`. */
export interface ConsulStoreDescription extends StoreDescription {
  readonly type: 'consul'
  /** URL of the agent, without credentials. */
  readonly url: string
}

/**
 * Returns a store in Consul's key/value store, under the keys that LaunchDarkly's SDKs use. Needs no package. The
 * store connects on first use.
 *
 * @throws {@link ConfigError} with every error of the options.
 * @example
 * ```ts
 * const store = consulStore({ url: 'http://localhost:8500', prefix: 'launchdarkly/production' })
 * const client = createClient(sdkKey, { dataSystem: presets.persistentStore(store) })
 * ```
 */
export function consulStore(options: ConsulStoreOptions = {}): ConsulStoreDescription {
  const { settings, use, warnings } = checkConsulOptions(options)
  return {
    type: 'consul',
    url: settings.url,
    prefix: settings.prefix,
    ...use,
    open(context) {
      for (const warning of warnings) context.logger.warn(warning)
      return openConsul(settings, context)
    },
  }
}

export { ConfigError, type ConfigIssue, HalyardError } from '../../model/errors.ts'
export type { ConsulClientOptions, ConsulConsistency, ConsulStoreOptions } from './options.ts'

/** Opens the store. Connects on the first call. */
function openConsul(settings: ConsulSettings, { clock, random }: StoreContext): OpenedStore {
  const { tls, prefix, namespace, consistency } = settings
  // Agents run on the same machine or network, so that proxy variables of the environment do not apply.
  const client = new ConsulClient(settings, undiciTransport({ proxy: 'none', ...(tls && { tls }) }))
  const keys = new ConsulKeys(prefix)
  const { name } = client
  const reads = new ConsulReads({
    transactions: new Transactions({ client, namespace, consistency }),
    keys,
    client,
    consistency,
  })
  // Writes compare with what the leader has, whatever consistency reads have.
  const transactions = new Transactions({ client, namespace, consistency: 'default' })

  const write = async (what: StoreWrite, signal: AbortSignal): Promise<WriteReport> => {
    const guard = await claimFencingToken(
      what.fencingToken,
      { transactions, key: keys.fencingToken, name },
      signal,
    )
    const writing = new WriteSession({ client, transactions, keys, guard })
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
