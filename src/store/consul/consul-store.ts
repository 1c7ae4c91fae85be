import type { StoreDescription } from '../../model/persistent-store.ts'
import type { ConsulStoreOptions } from './consul-options.ts'
import { openConsul } from './open-consul.ts'
import { readOptions } from './read-options.ts'

/** A store in Consul, described. */
export interface ConsulStoreDescription extends StoreDescription {
  readonly type: 'consul'
  /** Where the agent is. */
  readonly url: string
}

/**
 * Flag data in Consul's key/value store, under the keys LaunchDarkly's SDKs use. Needs no package. Connects to nothing
 * before it is used.
 *
 * @throws {ConfigError} when options are wrong.
 */
export function consulStore(options: ConsulStoreOptions = {}): ConsulStoreDescription {
  const { settings, use, warnings } = readOptions(options)
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
