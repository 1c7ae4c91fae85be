import type { StoreUse } from '../../model/persistent-store.ts'
import type { TlsOptions } from '../../transport/tls.ts'

/**
 * How fresh reads are, in Consul's words: `default` (by the leader, which may rarely be deposed without knowing),
 * `consistent` (the leader asks the others first), `stale` (by any server, which may lag behind).
 */
export type Consistency = 'default' | 'consistent' | 'stale'

/** Where Consul is and how it is used. Secrets do not show when what is made of this is printed. */
export interface ConsulStoreOptions extends StoreUse {
  /** Of an agent, `http://localhost:8500` if nothing is said; without a scheme, as `my-consul:8500`, http. */
  readonly url?: string
  /** In place of `url`. Default `localhost`. */
  readonly host?: string
  /** In place of `url`. Default 8500. */
  readonly port?: number
  /** Where the keys begin: one for each environment. Default `launchdarkly`. */
  readonly prefix?: string
  /** Of an ACL. Needs to read and write what begins with the prefix and with `$halyard/` and the prefix. */
  readonly token?: string
  /** Of Consul Enterprise. Default: that of the token. */
  readonly namespace?: string
  /** Default: that of the agent. */
  readonly datacenter?: string
  /** For https: how to know the agent, and how to be known by it. Default: verify with the authorities Node knows. */
  readonly tls?: TlsOptions
  /** Of reads; writes always go by the leader. Default `default`. */
  readonly consistency?: Consistency
  /** Where LaunchDarkly's SDKs for Node.js expect the address; in place of `url`, `host` and `port`. */
  readonly consulOptions?: ConsulClientOptions
  /** `cacheTtlMs` in seconds, as LaunchDarkly's SDKs for Node.js have it. */
  readonly cacheTTL?: number
}

/** The options of the npm package `consul` that mean something here. */
export interface ConsulClientOptions {
  readonly host?: string
  readonly port?: number | string
  readonly secure?: boolean
  readonly ca?: TlsOptions['ca']
  readonly defaults?: { readonly token?: string; readonly dc?: string; readonly ns?: string }
}

/** The same with nothing left to ask. */
export interface ConsulSettings {
  /** Scheme, host, port and maybe a path; no slash at the end, never a credential. */
  readonly url: string
  readonly prefix: string
  readonly token?: string
  readonly namespace?: string
  readonly datacenter?: string
  readonly tls?: TlsOptions
  readonly consistency: Consistency
}
