import type { DataSystemMode } from '../model/status.ts'
import type { ConnectionOptions, InitializerConfig, NormalConfig, SynchronizerConfig } from './config.ts'
import type { LegacyOptions } from './data-system-options.ts'
import { MIN_RECONNECT_DELAY_MS, Minimums } from './plan-form.ts'
import { pollingPlan, standardPlan, withStore } from './plans.ts'
import type { StoreChoice } from './store-options.ts'

/** The environment variable that switches where the option is silent. */
export const VARIABLE = 'HALYARD_DATA_SAVING_MODE'

export interface ModeInputs {
  readonly options: ConnectionOptions
  /** What the environment variable holds. */
  readonly variable: string | undefined
  /** What the caller configured; undefined: nothing. */
  readonly dataSystem: NormalConfig | undefined
  /** The store the legacy options name. */
  readonly storeChoice: StoreChoice
  /** Shortest poll interval, milliseconds. */
  readonly minPollMs: number
}

export interface ModeDecision {
  readonly mode: DataSystemMode
  /** The plan in the shape of that protocol. */
  readonly plan: NormalConfig
  readonly warnings: readonly string[]
}

/** Decides by the option, then by the environment, then by whether a data system is configured (D1). */
export function dataSavingMode(inputs: ModeInputs): ModeDecision {
  const mode = decide(inputs)
  const { plan, warnings } = planFor(mode, inputs)
  const isReadable = READABLE.has(inputs.variable)
  return {
    mode,
    plan: mode.protocol === 'fdv1' ? inFdv1Shape(plan) : plan,
    warnings: [...(isReadable ? [] : [`${VARIABLE} is neither "on" nor "off"; ignored`]), ...warnings],
  }
}

const READABLE: ReadonlySet<string | undefined> = new Set([undefined, '', 'on', 'off'])

function decide({ options, variable, dataSystem }: ModeInputs): DataSystemMode {
  const option = options.dataSavingMode
  if (option !== undefined) return { protocol: option ? 'fdv2' : 'fdv1', why: `dataSavingMode is ${option}` }
  if (variable === 'on') return { protocol: 'fdv2', why: `${VARIABLE} is on` }
  if (variable === 'off') return { protocol: 'fdv1', why: `${VARIABLE} is off` }
  return dataSystem
    ? { protocol: 'fdv2', why: 'a dataSystem is configured' }
    : { protocol: 'fdv1', why: 'no dataSystem is configured' }
}

function planFor(
  mode: DataSystemMode,
  { options, dataSystem, minPollMs, storeChoice }: ModeInputs,
): { readonly plan: NormalConfig; readonly warnings: readonly string[] } {
  if (dataSystem) return { plan: dataSystem, warnings: overridden(options, 'dataSystem') }
  if (mode.protocol === 'fdv2')
    return { plan: standardPlan(), warnings: overridden(options, 'data saving mode') }
  const { config, warnings } = legacyPlan(options, minPollMs, storeChoice)
  return { plan: config, warnings }
}

/**
 * The same plan without FDv2. FDv1 has no basis to resume from, so a poll before the stream would fetch
 * everything twice; and it needs no reserve of itself.
 */
function inFdv1Shape(plan: NormalConfig): NormalConfig {
  return {
    ...plan,
    initializers: plan.initializers.filter(isOfNoProtocol),
    synchronizers: plan.synchronizers.map((source) =>
      isOfNoProtocol(source) ? source : { ...source, protocol: 'fdv1' },
    ),
    fdv1Fallback: null,
  }
}

/** Files are the same in either protocol, and what is ready made is for its maker to know. */
function isOfNoProtocol(source: InitializerConfig | SynchronizerConfig): boolean {
  return 'fetch' in source || 'sync' in source || source.type === 'file'
}

/** What `dataSystem` overrides, and where it is said now. */
const NEW_PLACES: Readonly<Record<string, string>> = {
  stream: 'dataSystem.dataSource.dataSourceOptionsType',
  streamInitialReconnectDelay: 'dataSystem.dataSource.streamInitialReconnectDelay',
  pollInterval: 'dataSystem.dataSource.pollInterval',
  persistentStore: 'dataSystem.persistentStore',
  featureStore: 'dataSystem.persistentStore',
  useLdd: 'dataSystem.useLdd',
  useLDD: 'dataSystem.useLdd',
  updateProcessor: 'dataSystem: presets.custom, with a source of your own',
}

/** Warnings of legacy options that count for nothing, with the place where they would. */
function overridden(options: LegacyOptions, by: string): string[] {
  const given: Readonly<Record<string, unknown>> = { ...options }
  return Object.entries(NEW_PLACES)
    .filter(([name]) => given[name] !== undefined && given[name] !== null)
    .map(([name, place]) => `options.${name} is overridden by ${by}; its place is ${place}`)
}

/** The plan the legacy options describe, not yet in the shape of any protocol. */
function legacyPlan(
  { stream = true, streamInitialReconnectDelay, pollInterval }: LegacyOptions,
  minPollMs: number,
  storeChoice: StoreChoice,
): { readonly config: NormalConfig; readonly warnings: readonly string[] } {
  const minimums = new Minimums()
  const intervalMs = minimums.raiseSeconds('options.pollInterval', pollInterval, minPollMs)
  const initialReconnectDelayMs = minimums.raiseSeconds(
    'options.streamInitialReconnectDelay',
    streamInitialReconnectDelay,
    MIN_RECONNECT_DELAY_MS,
  )
  const plan = stream ? standardPlan({ initialReconnectDelayMs, intervalMs }) : pollingPlan({ intervalMs })
  return { config: { ...withStore(plan, storeChoice), fdv1Fallback: null }, warnings: minimums.warnings }
}
