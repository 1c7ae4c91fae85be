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

/** Options of the data system. `logger`, `endpoints`, `application` and `wrapper` are by default what the SDK has. */
export interface BridgeOptions extends Omit<ConnectionOptions, keyof LegacyOptions> {
  /** Handed each data system as it is made: its `status` knows more than the SDK, and its `close` can be awaited. */
  readonly onDataSystem?: (dataSystem: DataSystem) => void
}

interface Opened {
  readonly dataSystem: DataSystem
  readonly logger: Logger
}

/** Those options of the SDK that say where its data comes from. */
export type DataOptions = Required<Pick<LDOptions, 'featureStore' | 'updateProcessor'>>

/** What comes from the official SDK may be newer than this version: unknown names stay a warning. */
const SURROUNDINGS = {
  environment: process.env,
  names: { unknown: 'warn' },
} as const

/**
 * Lets LaunchDarkly's Node.js SDK have its flag data from Halyard: `init(sdkKey, { ...halyard(presets.default()) })`.
 * Each client made with it has a data system of its own, which `init` starts and the client's `close` closes. Where the
 * plan or the options are wrong, `init` throws `ConfigError`.
 *
 * @param dataSystem what a preset returns, a plan of your own, or the plain object LaunchDarkly documents.
 */
export function halyard(
  dataSystem: DataSystemConfig | DataSystemOptions,
  given: BridgeOptions = {},
): DataOptions {
  const { onDataSystem, ...options } = readingOptions({ options: given }, () => ({ ...given }))
  // Of one client both parts are made, and with the same context.
  const opened = new WeakMap<LDClientContext, Opened>()
  return {
    // Before its update processor the SDK starts what only a client can stop: this is the last moment to throw.
    featureStore(context: LDClientContext): HalyardStore {
      const { sdkKey, offline = false } = context.basicConfiguration
      const inherited = inheritedOptions(context, options)
      const plan = offline ? presets.offline() : dataSystem
      const settings = normalise(sdkKey, plan, { ...options, ...inherited }, SURROUNDINGS)
      const made = startDataSystem(settings)
      const { logger } = inherited
      opened.set(context, { dataSystem: made, logger })
      callSafely<unknown>(
        () => onDataSystem?.(made),
        (error) => logger.error(`onDataSystem threw; the client starts all the same: ${errorText(error)}`),
      )
      return new HalyardStore(made, logger)
    },
    updateProcessor(context, updates, onReady, onFailed = () => {}) {
      const made = opened.get(context)
      if (!made) throw new TypeError('featureStore and updateProcessor of halyard() belong together')
      return new HalyardUpdateProcessor({ ...made, updates, onReady, onFailed })
    },
  }
}

export { SourcesExhaustedError } from './halyard-update-processor.ts'

type Inherited = Pick<ConnectionOptions, 'endpoints' | 'application' | 'wrapper'> & {
  readonly logger: Logger
}

/** What the SDK was told about itself, unless the options of the bridge say otherwise. */
export function inheritedOptions(
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

/** The SDK's `baseUri` and `streamUri`. Its types keep silent about them, so nothing is taken for granted. */
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

/** Reads what the SDK made of its option `application`: `application-id/shop application-version/1`. */
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
