/**
 * Halyard as the source of flag data of LaunchDarkly's Node.js SDK, for programs that keep that SDK: {@link halyard} returns options for its
 * `init`. Needs the package `@launchdarkly/node-server-sdk`, version 9.4 or later.
 *
 * @packageDocumentation
 */

import type { LDClientContext, LDOptions } from '@launchdarkly/node-server-sdk'
import { callSafely } from '../async/call-safely.ts'
import type { ConnectionOptions, DataSystemConfig } from '../config/config.ts'
import { startDataSystem } from '../config/create-data-system.ts'
import type { DataSystemOptions, LegacyOptions } from '../config/data-system-options.ts'
import { safeLogger } from '../config/logger.ts'
import { normalise } from '../config/normalise.ts'
import { presets } from '../config/presets.ts'
import type { ApplicationTags, Wrapper } from '../config/request-headers.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { readingOptions } from '../options/readable.ts'
import { HalyardStore } from './halyard-store.ts'
import { HalyardUpdateProcessor } from './halyard-update-processor.ts'

/** Options of the data system. Default of `logger`, `endpoints`, `application` and `wrapper`: the values of the SDK. */
export interface BridgeOptions extends Omit<ConnectionOptions, keyof LegacyOptions> {
  /** Receives each data system when it is created. Its `status` has more details than the SDK, and its `close()` returns a promise. */
  readonly onDataSystem?: (dataSystem: DataSystem) => void
}

interface OpenedSystem {
  readonly dataSystem: DataSystem
  readonly logger: Logger
}

/** The options of the SDK that replace its source of data. */
export type DataOptions = Required<Pick<LDOptions, 'featureStore' | 'updateProcessor'>>

/** The SDK may be newer than this package, so unknown names are a warning only. */
const SURROUNDINGS = {
  environment: process.env,
  names: { unknown: 'warn' },
} as const

/**
 * Returns options for LaunchDarkly's Node.js SDK that make Halyard its source of flag data. Each client has its own data
 * system: `init` starts it, and the client's `close` closes it. `init` throws a {@link ConfigError} if the plan or the options are
 * wrong.
 *
 * @param dataSystem - the result of a preset, a plan of your own, or the plain object that LaunchDarkly documents.
 * @param options - options of the data system. Default: none.
 * @example
 * ```ts
 * import { init } from '@launchdarkly/node-server-sdk'
 *
 * const client = init(sdkKey, { ...halyard(presets.default()) })
 * await client.waitForInitialization({ timeout: 5 })
 * ```
 */
export function halyard(
  dataSystem: DataSystemConfig | DataSystemOptions,
  options: BridgeOptions = {},
): DataOptions {
  const { onDataSystem, ...own } = readingOptions({ options }, () => ({ ...options }))
  // The SDK passes the same context to both functions of one client.
  const opened = new WeakMap<LDClientContext, OpenedSystem>()
  return {
    // Errors are thrown here, because before the update processor the SDK starts work that only a client can stop.
    featureStore(context: LDClientContext): HalyardStore {
      const { sdkKey, offline = false } = context.basicConfiguration
      const inherited = inheritedOptions(context, own)
      const plan = offline ? presets.offline() : dataSystem
      const settings = normalise(sdkKey, plan, { ...own, ...inherited }, SURROUNDINGS)
      const started = startDataSystem(settings)
      const { logger } = inherited
      opened.set(context, { dataSystem: started, logger })
      callSafely<unknown>(
        () => onDataSystem?.(started),
        (error) => logger.error(`onDataSystem threw an error; the client starts anyway: ${errorText(error)}`),
      )
      return new HalyardStore(started, logger)
    },
    updateProcessor(context, updates, onReady, onFailed = () => {}) {
      const system = opened.get(context)
      if (!system) throw new TypeError('updateProcessor of halyard() needs the featureStore of the same call')
      return new HalyardUpdateProcessor({ ...system, updates, onReady, onFailed })
    },
  }
}

export { ConfigError, type ConfigIssue, HalyardError } from '../model/errors.ts'
export { SourcesExhaustedError } from './halyard-update-processor.ts'

type Inherited = Pick<ConnectionOptions, 'endpoints' | 'application' | 'wrapper'> & {
  readonly logger: Logger
}

/** Returns the options that the bridge takes from the SDK where its own are not set. */
function inheritedOptions(
  { basicConfiguration, platform }: LDClientContext,
  own: ConnectionOptions,
): Inherited {
  const { serviceEndpoints, tags } = basicConfiguration
  const application = own.application ?? applicationOf(tags?.value ?? '')
  const wrapper = own.wrapper ?? wrapperOf(platform.info.sdkData())
  return {
    endpoints: { ...endpointsOf(serviceEndpoints), ...own.endpoints },
    logger: safeLogger(own.logger ?? basicConfiguration.logger),
    ...(application && { application }),
    ...(wrapper && { wrapper }),
  }
}

/** Reads the SDK's `baseUri` and `streamUri`. The SDK's types do not describe them, so their types are checked. */
function endpointsOf({
  polling,
  streaming,
}: {
  polling?: unknown
  streaming?: unknown
}): NonNullable<ConnectionOptions['endpoints']> {
  return {
    ...(typeof polling === 'string' && { polling }),
    ...(typeof streaming === 'string' && { streaming }),
  }
}

const TAGS: ReadonlyMap<string, keyof ApplicationTags> = new Map([
  ['application-id', 'id'],
  ['application-name', 'name'],
  ['application-version', 'version'],
  ['application-version-name', 'versionName'],
])

/** Parses the SDK's header value of its option `application`, for example `application-id/shop application-version/1`. */
function applicationOf(tags: string): ApplicationTags | undefined {
  const entries = tags.split(' ').flatMap((tag) => {
    const [name = '', value] = tag.split('/')
    const option = TAGS.get(name)
    return option && value ? [[option, value] as const] : []
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

function wrapperOf(sdk: { wrapperName?: string; wrapperVersion?: string }): Wrapper | undefined {
  const { wrapperName: name, wrapperVersion: version } = sdk
  return name ? { name, ...(version && { version }) } : undefined
}
