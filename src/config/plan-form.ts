import type { ConfigIssue } from '../model/errors.ts'
import { check } from '../options/check.ts'
import type {
  DataSystemConfig,
  Fdv1FallbackConfig,
  Reading,
  ReadingLimits,
  SynchronizerConfig,
} from './config.ts'
import { fdv1FallbackOf, withStore } from './plans.ts'
import { lenient, strict } from './schema.ts'
import { readStoreOptions } from './store-options.ts'

const ROOT = 'dataSystem'

/** What a preset returns, in milliseconds; known by its lists of sources. */
export function isPlanForm(input: unknown): boolean {
  return typeof input === 'object' && input !== null && ('initializers' in input || 'synchronizers' in input)
}

/** Reads a plan as presets return it and people write it. */
export function readPlanForm(input: unknown, { minPollMs, names }: ReadingLimits): Reading {
  const stores = readStoreOptions(ROOT, input)
  const refused = [...mixed(input), ...('issues' in stores ? stores.issues : [])]
  const checked = check<DataSystemConfig>(input, {
    root: ROOT,
    names,
    strict: strict.dataSystem,
    lenient: lenient.dataSystem,
  })
  const issues = [...('issues' in checked ? checked.issues : []), ...refused]
  if ('issues' in checked || 'issues' in stores || issues.length > 0) return { issues }
  const { initializers, synchronizers, failover, fdv1Fallback, storeMode } = checked.value
  const minimums = new Minimums()
  const config = {
    initializers,
    synchronizers: synchronizers.map((source, index) =>
      raiseSource(`${ROOT}.synchronizers[${index}]`, source, { minimums, minPollMs }),
    ),
    ...(failover && { failover }),
    fdv1Fallback: raiseReserve(fdv1FallbackOf(fdv1Fallback), { minimums, minPollMs }),
    ...(storeMode && { storeMode }),
  }
  return { config: withStore(config, stores.choice), warnings: [...checked.warnings, ...minimums.warnings] }
}

interface Floor {
  readonly minimums: Minimums
  readonly minPollMs: number
}

function raiseSource(path: string, source: SynchronizerConfig, floor: Floor): SynchronizerConfig {
  if ('sync' in source) return source
  const { minimums, minPollMs } = floor
  if (source.type !== 'streaming') {
    const minimumMs = source.type === 'polling' ? minPollMs : MIN_FILE_INTERVAL_MS
    const intervalMs = minimums.raise(`${path}.intervalMs`, source.intervalMs, minimumMs)
    return intervalMs === undefined ? source : { ...source, intervalMs }
  }
  const initialReconnectDelayMs = minimums.raise(
    `${path}.initialReconnectDelayMs`,
    source.initialReconnectDelayMs,
    MIN_RECONNECT_DELAY_MS,
  )
  return initialReconnectDelayMs === undefined ? source : { ...source, initialReconnectDelayMs }
}

function raiseReserve(source: Fdv1FallbackConfig | null, floor: Floor): Fdv1FallbackConfig | null {
  const path = `${ROOT}.fdv1Fallback.intervalMs`
  const intervalMs = floor.minimums.raise(path, source?.intervalMs, floor.minPollMs)
  return intervalMs === undefined ? source : { ...source, intervalMs }
}

/** Two answers to where data comes from. */
function mixed(input: unknown): ConfigIssue[] {
  if (typeof input !== 'object' || input === null || !('dataSource' in input)) return []
  const expected = 'either dataSource or initializers and synchronizers'
  return [{ path: `${ROOT}.dataSource`, expected, received: 'both' }]
}

/** Shortest first delay before a reconnect (D10). */
export const MIN_RECONNECT_DELAY_MS = 1

/** Shortest time between two looks at flag files, milliseconds. */
const MIN_FILE_INTERVAL_MS = 100

/** Numbers that were raised to their minimum, and the warnings that say so. */
export class Minimums {
  readonly #warnings: string[] = []

  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** The number itself, or the minimum where it is below. Both in the unit the path is written in. */
  raise(path: string, value: number | undefined, minimum: number): number | undefined {
    if (value === undefined || value >= minimum) return value
    this.#warnings.push(`${path} ${value} is below the minimum; ${minimum} is used`)
    return minimum
  }

  /** A number of seconds as milliseconds, no less than a minimum of milliseconds. */
  raiseSeconds(path: string, seconds: number | undefined, minimumMs: number): number | undefined {
    const raised = this.raise(path, seconds, minimumMs / 1_000)
    return raised === undefined ? undefined : Math.round(raised * 1_000)
  }
}
