import { existsSync } from 'node:fs'
import { HOSTED } from '../../config/event-address.ts'
import { reasonOf } from '../../model/error-text.ts'
import type { ReadConfig } from '../../relay/config/read-relay-config.ts'
import {
  type EnvironmentConfig,
  isFromFiles,
  ownerIdentityOf,
  type RelayConfig,
} from '../../relay/config/relay-config.ts'
import { networkOf } from '../../relay/environment-plan.ts'
import { snapshotPath } from '../../relay/snapshot-path.ts'
import { FILE_ADDRESS } from '../../store/file/address.ts'
import { databaseTarget, type StoreAddress } from '../../store/inspected-store.ts'
import { storeModuleOf } from '../../store/registry.ts'
import { UsageError } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { CONFIG_OPTIONS, type ConfigSource, configSource, readConfig } from '../relay-config.ts'
import { type Finding, failed, ok, warning } from './checks.ts'
import {
  type Endpoints,
  type EnvironmentPlan,
  encryptionOf,
  type NetworkPlan,
  type Plan,
  type Values,
} from './plan.ts'

/** The options that the configuration of a relay replaces. */
const REPLACED = [
  'sdk-key',
  'url',
  'polling',
  'streaming',
  'events',
  'store',
  'prefix',
  'proxy',
  'ca',
] as const

/** The plan of a configuration, and the findings about the configuration itself. The plan is absent if it is not valid. */
export interface ConfigPlan {
  readonly findings: readonly Finding[]
  readonly plan?: Plan
}

/** Returns the option that selects the configuration of a relay, as for `halyard relay`; `undefined` if there is none. */
export function configOption(values: Values): string | undefined {
  return Object.keys(CONFIG_OPTIONS).find((name) => values[name as keyof typeof CONFIG_OPTIONS] !== undefined)
}

/** Reads the configuration of a relay. Rejects with a {@link UsageError} if other options contradict it. */
export async function planOfConfig(values: Values, context: CommandContext): Promise<ConfigPlan> {
  const other = REPLACED.find((name) => values[name] !== undefined)
  if (other !== undefined) throw new UsageError(`--${configOption(values)} and --${other} do not go together`)
  const source = configSource(values, context)
  let read: ReadConfig
  try {
    read = await readConfig(source)
  } catch (error) {
    return {
      findings: [failed(reasonOf(error), 'Correct the configuration; docs/relay.md lists its options.')],
    }
  }
  const { config, warnings } = read
  return {
    findings: [
      ...summaryOf(nameOf(source), config),
      ...warnings.map((text) => warning(text, 'Correct or remove this setting.')),
    ],
    plan: planOf(config),
  }
}

function nameOf({ path }: ConfigSource): string {
  return path !== undefined && existsSync(path) ? path : 'environment variables'
}

function summaryOf(path: string, { environments, autoConfig, offline }: RelayConfig): Finding[] {
  if (autoConfig)
    return [ok(`${path}: automatic configuration; environments are not known here, so no key is checked`)]
  if (offline) return [ok(`${path}: serves an archive; no service is asked`)]
  const names = environments.map(({ name }) => name)
  return [
    ok(
      `${path}: ${names.length === 1 ? 'environment' : `${names.length} environments:`} ${names.join(', ')}`,
    ),
  ]
}

function planOf(config: RelayConfig): Plan {
  const { environments, autoConfig, offline, dataSavingMode } = config
  const needsService = autoConfig !== undefined || environments.some((each) => !isFromFiles(each))
  return {
    network: networkPlanOf(config),
    endpoints: needsService && !offline ? endpointsOf(config) : undefined,
    protocol: dataSavingMode === false ? 'fdv1' : 'fdv2',
    environments: environments.map((each) => environmentPlanOf(each, config)),
  }
}

function networkPlanOf(config: RelayConfig): NetworkPlan {
  const { proxy = 'environment', tls = {} } = networkOf(config)
  const { caFiles } = config
  return {
    proxy,
    proxyOrigin: 'url in [Proxy]',
    tls,
    authorities: caFiles.length > 0 ? { files: caFiles } : 'of Node.js',
  }
}

function endpointsOf({ endpoints, events }: RelayConfig): Endpoints {
  const base = (text: string): string => text.replace(/\/+$/, '')
  return {
    streaming: base(endpoints.streaming ?? HOSTED.streaming),
    polling: base(endpoints.polling ?? HOSTED.polling),
    ...(events.send && { events: base(events.url) }),
  }
}

function environmentPlanOf(environment: EnvironmentConfig, config: RelayConfig): EnvironmentPlan {
  const { name, sdkKey } = environment
  const address = addressOf(environment, config)
  return {
    name,
    sdkKey,
    fromFiles: isFromFiles(environment),
    ...(address && {
      store: {
        address,
        owner: ownerIdentityOf(environment),
        filledBy: 'service',
        isShared: config.store !== undefined,
        ...storeEncryption(config.store),
      },
    }),
  }
}

function storeEncryption(store: RelayConfig['store']): ReturnType<typeof encryptionOf> {
  if (!store) return {}
  return store.type === 'redis' && store.tls ? { encryption: 'with TLS' } : encryptionOf(store.url ?? '')
}

function addressOf(
  environment: EnvironmentConfig,
  { store, snapshotDirectory }: RelayConfig,
): StoreAddress | undefined {
  if (store) {
    const open = async () => databaseTarget(storeModuleOf(store).describe(store, environment))
    return { options: {}, open }
  }
  if (snapshotDirectory === undefined) return undefined
  return FILE_ADDRESS.parse(snapshotPath(snapshotDirectory, environment), { env: {} })
}
