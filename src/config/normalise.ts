import { randomUUID } from 'node:crypto'
import { systemClock } from '../async/clock.ts'
import { DEFAULT_TIMINGS, type Timings } from '../datasystem/parts.ts'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import type { Logger } from '../model/logger.ts'
import { readingOptions } from '../model/readable.ts'
import { sdkKeyFault } from '../model/sdk-key.ts'
import type { DataSystemMode } from '../model/status.ts'
import { check } from '../options/check.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import type { HttpHeaders } from '../transport/transport.ts'
import type { Network } from '../transport/undici-transport.ts'
import type {
  ConnectionOptions,
  DataSystemConfig,
  FailoverConfig,
  NormalConfig,
  Reading,
  ReadingLimits,
} from './config.ts'
import { dataSavingMode, VARIABLE } from './data-saving-mode.ts'
import type { DataSystemOptions, LegacyOptions } from './data-system-options.ts'
import { safeClock, safeRandom, safeTransport, systemRandom } from './injected.ts'
import { readLaunchDarklyForm } from './launchdarkly-form.ts'
import { safeLogger } from './logger.ts'
import { networkOf, tlsIssues, warnOfNetwork } from './network-options.ts'
import { type OfficialOptions, readOfficialOptions } from './official-options.ts'
import { isPlanForm, readPlanForm } from './plan-form.ts'
import { type IdentityOptions, requestHeaders } from './request-headers.ts'
import { lenient, strict } from './schema.ts'
import { readStoreOptions } from './store-options.ts'

/** Options with nothing left to ask: every default filled in. */
export interface Settings
  extends Required<Omit<ConnectionOptions, 'transport' | 'timings' | 'endpoints' | 'limits' | Decided>> {
  readonly sdkKey: string
  readonly mode: DataSystemMode
  readonly dataSystem: NormalConfig
  readonly endpoints: Required<NonNullable<ConnectionOptions['endpoints']>>
  readonly limits: Required<NonNullable<ConnectionOptions['limits']>>
  readonly timings: Timings
  readonly transport: ConnectionOptions['transport']
  readonly network: Network
  /** Of every request. */
  readonly headers: HttpHeaders
}

/** What is nobody's to ask any more once the plan and the endpoints are made of it. */
type Decided =
  | 'dataSavingMode'
  | keyof LegacyOptions
  | keyof Network
  | keyof IdentityOptions
  | keyof OfficialOptions

export type Environment = Readonly<Record<string, string | undefined>>

/** What a caller sets beside the options of its users. */
export interface Surroundings {
  /** Environment variables. Default none. */
  readonly environment?: Environment
  /** Default: unknown names are refused. */
  readonly names?: NamePolicy
}

/** A source that is left any sooner never gets to speak. */
const MIN_FAILOVER_MS = 1_000

/**
 * Checks everything a caller may hand in and fills in the defaults.
 *
 * @throws {ConfigError} listing every path that is wrong, or naming one that cannot be read.
 */
export function normalise(
  sdkKey: string,
  dataSystem: DataSystemConfig | DataSystemOptions | undefined,
  options: ConnectionOptions,
  surroundings: Surroundings = {},
): Settings {
  return readingOptions({ options, dataSystem }, () => read(sdkKey, dataSystem, options, surroundings))
}

function read(
  sdkKey: string,
  dataSystem: DataSystemConfig | DataSystemOptions | undefined,
  options: ConnectionOptions,
  { environment = {}, names = { unknown: 'refuse' } }: Surroundings,
): Settings {
  const official = readOfficialOptions(options)
  const rest = check<ConnectionOptions>(official.options, {
    root: 'options',
    names,
    strict: strict.options,
    lenient: lenient.options,
  })
  const minPollMs =
    ('value' in rest ? rest.value.timings?.pollIntervalMs : undefined) ?? DEFAULT_TIMINGS.pollIntervalMs
  const reading = dataSystem === undefined ? undefined : readDataSystem(dataSystem, { minPollMs, names })
  // Beside a data system they count for nothing, and a warning says so.
  const stores = readStoreOptions('options', dataSystem === undefined ? options : {})
  const issues: ConfigIssue[] = [
    ...sdkKeyIssues(sdkKey),
    ...(reading && 'issues' in reading ? reading.issues : []),
    ...('issues' in rest ? rest.issues : tlsIssues(rest.value.tls)),
    ...('issues' in stores ? stores.issues : []),
  ]
  if (issues.length > 0 || 'issues' in rest || 'issues' in stores || (reading && 'issues' in reading))
    throw new ConfigError(issues)

  const given = rest.value
  const variable = environment[VARIABLE]
  const storeChoice = stores.choice
  const inputs = { options: given, variable, dataSystem: reading?.config, minPollMs, storeChoice }
  const { mode, plan, warnings } = dataSavingMode(inputs)
  const logger = safeLogger(given.logger)
  for (const warning of [
    ...(reading?.warnings ?? []),
    ...official.warnings,
    ...rest.warnings,
    ...twiceAddressed(given),
    ...warnings,
  ]) {
    logger.warn(warning)
  }
  warnOfNetwork(given, logger)
  return {
    sdkKey,
    mode,
    dataSystem: plan,
    endpoints: {
      polling: given.endpoints?.polling ?? given.baseUri ?? 'https://sdk.launchdarkly.com',
      streaming: given.endpoints?.streaming ?? given.streamUri ?? 'https://stream.launchdarkly.com',
    },
    limits: {
      maxBodyBytes: given.limits?.maxBodyBytes ?? 512 * 2 ** 20,
      maxEventBytes: given.limits?.maxEventBytes ?? 256 * 2 ** 20,
    },
    timings: { ...DEFAULT_TIMINGS, ...raised(plan.failover, logger), ...given.timings },
    logger,
    transport: given.transport && safeTransport(given.transport),
    network: networkOf(given),
    headers: requestHeaders({ ...given, sdkKey, instanceId: randomUUID() }, logger),
    clock: given.clock ? safeClock(given.clock, logger) : systemClock,
    random: given.random ? safeRandom(given.random, logger) : systemRandom,
  }
}

function readDataSystem(input: unknown, limits: ReadingLimits): Reading {
  return isPlanForm(input) ? readPlanForm(input, limits) : readLaunchDarklyForm(input, limits)
}

/** Endpoints that go by two names at once; the present name counts. */
function twiceAddressed({ endpoints, baseUri, streamUri }: ConnectionOptions): string[] {
  const pairs = [
    ['baseUri', baseUri, 'polling', endpoints?.polling],
    ['streamUri', streamUri, 'streaming', endpoints?.streaming],
  ] as const
  return pairs
    .filter(([, legacy, , present]) => legacy !== undefined && present !== undefined && legacy !== present)
    .map(([legacy, , present]) => `options.${legacy} is overridden by options.endpoints.${present}`)
}

/** Durations below the minimum are raised to it, with a warning. */
function raised(failover: FailoverConfig = {}, logger: Logger): Partial<Timings> {
  const given = Object.entries(failover).filter((entry): entry is [string, number] => entry[1] !== undefined)
  const entries = given.map(([name, ms]) => {
    if (ms < MIN_FAILOVER_MS)
      logger.warn(`failover.${name} ${ms} is below the minimum; ${MIN_FAILOVER_MS} is used`)
    return [name, Math.max(MIN_FAILOVER_MS, ms)] as const
  })
  return Object.fromEntries(entries)
}

function sdkKeyIssues(sdkKey: unknown): ConfigIssue[] {
  const received = sdkKeyFault(sdkKey)
  return received === undefined ? [] : [{ path: 'sdkKey', expected: 'an SDK key', received }]
}
