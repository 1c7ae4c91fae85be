import type { LDClientContext } from '@launchdarkly/node-server-sdk'
import type { Options } from '../config/config.ts'
import { safeLogger } from '../config/logger.ts'
import type { ApplicationTags, Wrapper } from '../config/request-headers.ts'
import type { Logger } from '../model/logger.ts'

type Inherited = Pick<Options, 'endpoints' | 'application' | 'wrapper'> & { readonly logger: Logger }

/** What the SDK was told about itself, unless the options of the bridge say otherwise. */
export function inheritedOptions({ basicConfiguration, platform }: LDClientContext, own: Options): Inherited {
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
}): NonNullable<Options['endpoints']> {
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
