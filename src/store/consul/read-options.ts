import { DEFAULT_PREFIX } from '../../layout/row.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import { CACHE_RIVALS, readUse, tlsWarnings } from '../../options/forms.ts'
import { addressOf, readAddress } from './address.ts'
import type { ConsulSettings, ConsulStoreOptions } from './consul-options.ts'
import { optionsForm } from './options-form.ts'

const RULES: OptionRules<ConsulStoreOptions> = {
  root: 'consulStore',
  form: optionsForm,
  rivals: [
    ['url', 'host', 'consulOptions.host'],
    ['url', 'port', 'consulOptions.port'],
    ['token', 'consulOptions.defaults.token'],
    ['namespace', 'consulOptions.defaults.ns'],
    ['datacenter', 'consulOptions.defaults.dc'],
    ['tls', 'consulOptions.ca'],
    CACHE_RIVALS,
  ],
}

export interface ReadOptions {
  readonly settings: ConsulSettings
  readonly use: StoreUse
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong. */
export function readOptions(options: ConsulStoreOptions): ReadOptions {
  const warnings = [...checkOptions(options, RULES), ...tlsWarnings(RULES.root, options.tls)]
  return { settings: settingsOf(options), use: readUse(options), warnings }
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
