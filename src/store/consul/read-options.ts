import { DEFAULT_PREFIX } from '../../layout/namespaces.ts'
import { ConfigError } from '../../model/errors.ts'
import type { StoreUse } from '../../model/store-description.ts'
import { addressOf, readAddress } from './address.ts'
import { checkOptions } from './check-options.ts'
import type { ConsulSettings, ConsulStoreOptions } from './consul-options.ts'

export interface ReadOptions {
  readonly settings: ConsulSettings
  readonly use: StoreUse
  readonly warnings: readonly string[]
}

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong. */
export function readOptions(options: ConsulStoreOptions): ReadOptions {
  const { issues, warnings } = checkOptions(options)
  if (issues.length > 0) throw new ConfigError(issues)
  return { settings: settingsOf(options), use: useOf(options), warnings }
}

function settingsOf(options: ConsulStoreOptions): ConsulSettings {
  const { prefix = DEFAULT_PREFIX, consistency = 'default', consulOptions = {} } = options
  const { secure, ca, defaults = {} } = consulOptions
  const tls = options.tls ?? (ca && { ca })
  const token = options.token ?? defaults.token
  const namespace = options.namespace ?? defaults.ns
  const datacenter = options.datacenter ?? defaults.dc
  return {
    // Who says how to know the agent means https.
    url: urlOf(options, (secure ?? tls) ? 'https' : 'http'),
    prefix,
    consistency,
    ...(token !== undefined && { token }),
    ...(namespace !== undefined && { namespace }),
    ...(datacenter !== undefined && { datacenter }),
    ...(tls && { tls }),
  }
}

function urlOf({ url, host, port, consulOptions }: ConsulStoreOptions, scheme: 'http' | 'https'): string {
  const own = addressOf(
    host ?? consulOptions?.host ?? 'localhost',
    port ?? consulOptions?.port ?? 8500,
    scheme,
  )
  return readAddress(url ?? own, scheme) ?? own
}

function useOf({ cacheTtlMs, cacheTTL, staleOnErrorMs, reads, writers }: ConsulStoreOptions): StoreUse {
  const ttlMs = cacheTtlMs ?? (cacheTTL === undefined ? undefined : cacheTTL * 1_000)
  return {
    ...(ttlMs !== undefined && { cacheTtlMs: ttlMs }),
    ...(staleOnErrorMs !== undefined && { staleOnErrorMs }),
    ...(reads && { reads }),
    ...(writers && { writers }),
  }
}
