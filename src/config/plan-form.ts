import type { ConfigIssue } from '../model/errors.ts'
import { check } from './check.ts'
import type { DataSystemConfig, Fdv1FallbackConfig, SynchronizerConfig } from './config.ts'
import { MIN_FILE_INTERVAL_MS, MIN_RECONNECT_DELAY_MS, Minimums } from './minimums.ts'
import { reserve, withStore } from './plans.ts'
import type { Reading, ReadingLimits } from './reading.ts'
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
    fdv1Fallback: raiseReserve(reserve(fdv1Fallback), { minimums, minPollMs }),
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
