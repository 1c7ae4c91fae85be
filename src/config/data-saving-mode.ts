import type { DataSystemMode } from '../model/status.ts'
import type { ConnectionOptions, NormalConfig } from './config.ts'
import type { LegacyOptions } from './data-system-options.ts'
import { milliseconds, pollingPlan, standardPlan, withStore } from './plans.ts'
import { initializerType, synchronizerType } from './source-types.ts'
import type { StoreChoice } from './store-options.ts'

/** The environment variable that selects the protocol if the option does not. */
export const VARIABLE = 'HALYARD_DATA_SAVING_MODE'

export interface ModeInputs {
  readonly options: ConnectionOptions
  readonly variable: string | undefined
  readonly dataSystem: NormalConfig | undefined
  readonly storeChoice: StoreChoice
}

export interface ModeDecision {
  readonly mode: DataSystemMode
  readonly plan: NormalConfig
  readonly warnings: readonly string[]
}

/** Selects the protocol by the option, then by the environment variable, then by whether a data system is configured (D1). */
export function dataSavingMode(inputs: ModeInputs): ModeDecision {
  const { options, variable, dataSystem, storeChoice } = inputs
  const mode = decide(inputs)
  const isFdv2 = mode.protocol === 'fdv2'
  const plan = dataSystem ?? (isFdv2 ? standardPlan() : legacyPlan(options, storeChoice))
  const overridingName = dataSystem ? 'dataSystem' : isFdv2 ? 'data saving mode' : undefined
  return {
    mode,
    plan: isFdv2 ? plan : inFdv1Shape(plan),
    warnings: [
      ...(VALID_VALUES.has(variable) ? [] : [`${VARIABLE} is neither "on" nor "off"; ignored`]),
      ...(overridingName ? overrideWarnings(options, overridingName) : []),
    ],
  }
}

const VALID_VALUES: ReadonlySet<string | undefined> = new Set([undefined, '', 'on', 'off'])

function decide({ options, variable, dataSystem }: ModeInputs): DataSystemMode {
  const option = options.dataSavingMode
  if (option !== undefined) return { protocol: option ? 'fdv2' : 'fdv1', why: `dataSavingMode is ${option}` }
  if (variable === 'on') return { protocol: 'fdv2', why: `${VARIABLE} is on` }
  if (variable === 'off') return { protocol: 'fdv1', why: `${VARIABLE} is off` }
  return dataSystem
    ? { protocol: 'fdv2', why: 'a dataSystem is configured' }
    : { protocol: 'fdv1', why: 'no dataSystem is configured' }
}

/**
 * Returns the plan for FDv1. FDv1 has no selectors, so a poll before the stream would fetch everything twice; and a plan of FDv1
 * needs no fallback to FDv1. Sources that do not use the protocol of the service stay as they are.
 */
function inFdv1Shape(plan: NormalConfig): NormalConfig {
  return {
    ...plan,
    initializers: plan.initializers.filter(
      (config) => 'fetch' in config || initializerType(config).protocol === 'none',
    ),
    synchronizers: plan.synchronizers.map((config) =>
      'sync' in config || synchronizerType(config).protocol === 'none'
        ? config
        : { ...config, protocol: 'fdv1' },
    ),
    fdv1Fallback: null,
  }
}

/** Options that `dataSystem` overrides, and the options that replace them. */
const NEW_PLACES: Readonly<Record<string, string>> = {
  stream: 'dataSystem.dataSource.dataSourceOptionsType',
  streamInitialReconnectDelay: 'dataSystem.dataSource.streamInitialReconnectDelay',
  pollInterval: 'dataSystem.dataSource.pollInterval',
  persistentStore: 'dataSystem.persistentStore',
  featureStore: 'dataSystem.persistentStore',
  useLdd: 'dataSystem.useLdd',
  useLDD: 'dataSystem.useLdd',
  updateProcessor: 'dataSystem: presets.custom, with a source of your own or TestData of halyard/testing',
}

function overrideWarnings(options: LegacyOptions, by: string): string[] {
  const given: Readonly<Record<string, unknown>> = { ...options }
  return Object.entries(NEW_PLACES)
    .filter(([name]) => given[name] !== undefined && given[name] !== null)
    .map(([name, place]) => `options.${name} is overridden by ${by}; use ${place} instead`)
}

function legacyPlan(
  { stream = true, streamInitialReconnectDelay, pollInterval }: LegacyOptions,
  storeChoice: StoreChoice,
): NormalConfig {
  const intervalMs = milliseconds(pollInterval)
  const plan = stream
    ? standardPlan({ initialReconnectDelayMs: milliseconds(streamInitialReconnectDelay), intervalMs })
    : pollingPlan({ intervalMs })
  return { ...withStore(plan, storeChoice), fdv1Fallback: null }
}
