import { systemClock } from '../async/clock.ts'
import { DEFAULT_TIMINGS, type Timings } from '../datasystem/parts.ts'
import type { EventSettings } from '../events/analytics.ts'
import { sdkKeyFault } from '../model/sdk-key.ts'
import type { DataSystemMode } from '../model/status.ts'
import { parseOptions } from '../options/check.ts'
import { IssueCollector } from '../options/issues.ts'
import { readingOptions } from '../options/readable.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import type { HttpHeaders } from '../transport/transport.ts'
import type { Network } from '../transport/undici-transport.ts'
import type { ConnectionOptions, DataSystemConfig, NormalConfig } from './config.ts'
import { dataSavingMode, VARIABLE } from './data-saving-mode.ts'
import type { DataSystemOptions, LegacyOptions } from './data-system-options.ts'
import { HOSTED } from './event-address.ts'
import {
  type EventOptions,
  eventsWithoutClient,
  type OfficialEventOptions,
  readEventOptions,
} from './event-options.ts'
import { safeClock, safeRandom, safeTransport, systemRandom } from './injected.ts'
import { readLaunchDarklyForm } from './launchdarkly-form.ts'
import { safeLogger } from './logger.ts'
import { raiseToMinimums } from './minimums.ts'
import { checkTls, networkOf, warnOfNetwork } from './network-options.ts'
import { type OfficialOptions, readOfficialOptions } from './official-options.ts'
import { isPlanForm, readPlanForm } from './plan-form.ts'
import {
  type Identity,
  type IdentityOptions,
  newInstanceId,
  readIdentity,
  requestHeaders,
} from './request-headers.ts'
import { ADDRESSES, CONNECTION } from './schema.ts'
import { readStoreOptions } from './store-options.ts'

/** The options of a data system, checked and with all defaults filled in. */
export interface Settings
  extends Required<
    Omit<ConnectionOptions, 'transport' | 'timings' | 'endpoints' | 'events' | 'limits' | TransformedOption>
  > {
  readonly sdkKey: string
  readonly mode: DataSystemMode
  readonly dataSystem: NormalConfig
  readonly endpoints: { readonly polling: string; readonly streaming: string }
  /** `undefined` if no analytics events are sent. */
  readonly events: EventSettings | undefined
  readonly limits: Required<NonNullable<ConnectionOptions['limits']>>
  readonly timings: Timings
  readonly transport: ConnectionOptions['transport']
  readonly network: Network
  readonly headers: HttpHeaders
  readonly identity: Identity
}

/** Options that the settings contain in another form: as the plan, the endpoints, the network or the headers. */
type TransformedOption =
  | 'dataSavingMode'
  | keyof LegacyOptions
  | keyof Network
  | keyof IdentityOptions
  | keyof OfficialEventOptions
  | keyof OfficialOptions

export type Environment = Readonly<Record<string, string | undefined>>

/** The inputs of the calling code, in contrast to those of the application. */
export interface CallerContext {
  readonly environment?: Environment
  /** Default: unknown names are refused. */
  readonly names?: NamePolicy
  /** The part that the options configure. Only a client sends analytics events. Default `data system`. */
  readonly user?: 'client' | 'data system'
}

/**
 * Checks the options of the application and fills in the defaults.
 *
 * @throws {@link ConfigError} that lists everything that is wrong, or names the path of a member that cannot be read.
 */
export function normalise(
  sdkKey: string,
  dataSystem: DataSystemConfig | DataSystemOptions | undefined,
  options: ConnectionOptions,
  caller: CallerContext = {},
): Settings {
  return readingOptions({ options, dataSystem }, () => read(sdkKey, dataSystem, options, caller))
}

function read(
  sdkKey: string,
  dataSystem: DataSystemConfig | DataSystemOptions | undefined,
  options: ConnectionOptions,
  { environment = {}, names: policy = { unknown: 'refuse' }, user = 'data system' }: CallerContext,
): Settings {
  const collector = new IssueCollector()
  const names = { ...policy, addresses: ADDRESSES }
  checkSdkKey(sdkKey, collector)
  const configured = dataSystem === undefined ? undefined : readDataSystem(dataSystem, names, collector)
  const official = readOfficialOptions(options)
  collector.warnings.push(...official.warnings)
  const rules = { root: 'options', schema: CONNECTION, names }
  const given = parseOptions<Checked>(official.options, rules, collector)
  checkTls(given?.tls, collector)
  // Beside a data system the legacy options have no effect, which a warning reports.
  const storeChoice = readStoreOptions('options', dataSystem === undefined ? options : {}, collector)
  if (!given || !storeChoice || collector.issues.length > 0) throw collector.error()

  const timings = { ...DEFAULT_TIMINGS, ...given.timings }
  const inputs = { options: given, variable: environment[VARIABLE], dataSystem: configured, storeChoice }
  const decision = dataSavingMode(inputs)
  const { plan, warnings } = raiseToMinimums(decision.plan, timings)
  const logger = safeLogger(given.logger)
  const events = user === 'client' ? readEventOptions(given, plan) : eventsWithoutClient(given)
  for (const warning of [
    ...collector.warnings,
    ...addressWarnings(given),
    ...events.warnings,
    ...decision.warnings,
    ...warnings,
  ]) {
    logger.warn(warning)
  }
  warnOfNetwork(given, logger)
  const identity = readIdentity(given, logger)
  return {
    sdkKey,
    mode: decision.mode,
    dataSystem: plan,
    endpoints: {
      polling: given.endpoints?.polling ?? given.baseUri ?? HOSTED.polling,
      streaming: given.endpoints?.streaming ?? given.streamUri ?? HOSTED.streaming,
    },
    events: events.settings,
    limits: {
      maxBodyBytes: given.limits?.maxBodyBytes ?? 512 * 2 ** 20,
      maxEventBytes: given.limits?.maxEventBytes ?? 256 * 2 ** 20,
    },
    timings: { ...DEFAULT_TIMINGS, ...defined(plan.failover), ...given.timings },
    logger,
    transport: given.transport && safeTransport(given.transport),
    network: networkOf(given),
    headers: requestHeaders({ ...identity, sdkKey, instanceId: newInstanceId() }),
    identity,
    clock: given.clock ? safeClock(given.clock, logger) : systemClock,
    random: given.random ? safeRandom(given.random, logger) : systemRandom,
  }
}

/** The options in the form of the schema, which has no `events: false`. */
type Checked = Omit<ConnectionOptions, 'events'> & { readonly events?: EventOptions }

function checkSdkKey(sdkKey: unknown, collector: IssueCollector): void {
  const received = sdkKeyFault(sdkKey)
  if (received !== undefined) collector.refuse('sdkKey', 'an SDK key', received)
}

function readDataSystem(
  input: unknown,
  names: NamePolicy,
  collector: IssueCollector,
): NormalConfig | undefined {
  return isPlanForm(input)
    ? readPlanForm(input, names, collector)
    : readLaunchDarklyForm(input, names, collector)
}

/** Returns a warning for each endpoint that is set under two names. The current name is used. */
function addressWarnings({ endpoints, baseUri, streamUri }: ConnectionOptions): string[] {
  const pairs = [
    ['baseUri', baseUri, 'polling', endpoints?.polling],
    ['streamUri', streamUri, 'streaming', endpoints?.streaming],
  ] as const
  return pairs
    .filter(([, legacy, , current]) => legacy !== undefined && current !== undefined && legacy !== current)
    .map(([legacy, , current]) => `options.${legacy} is overridden by options.endpoints.${current}`)
}

function defined<T extends object>(members: T | undefined): Partial<T> {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<T>
}
