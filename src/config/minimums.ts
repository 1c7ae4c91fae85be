import type { Timings } from '../datasystem/parts.ts'
import type { FailoverConfig, NormalConfig } from './config.ts'
import { type Minimum, POLL_INTERVAL, synchronizerType } from './source-types.ts'

/** A source that is active for a shorter time never gets to send data. */
const MIN_FAILOVER_MS = 1_000

const FAILOVER: readonly Minimum[] = (
  ['noProgressMs', 'firstDataMs', 'interruptedMs', 'recoveryMs'] satisfies (keyof FailoverConfig)[]
).map((field) => ({ field, label: field, leastMs: () => MIN_FAILOVER_MS }))

/** Raises the durations of a plan that are below their minimum. Returns the plan and a warning for each of them. */
export function raiseToMinimums(
  plan: NormalConfig,
  timings: Timings,
): { readonly plan: NormalConfig; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const raise = <T extends object>(name: string, config: T, minimums: readonly Minimum[]): T => {
    const members = config as Readonly<Record<string, unknown>>
    const raised = minimums.flatMap(({ field, label, leastMs }) => {
      const [value, least] = [members[field], leastMs(timings)]
      if (typeof value !== 'number' || value >= least) return []
      warnings.push(`${name}: ${label} of ${value} ms is below the minimum; ${least} ms is used`)
      return [[field, least] as const]
    })
    return raised.length > 0 ? { ...config, ...Object.fromEntries(raised) } : config
  }
  const { synchronizers, failover, fdv1Fallback } = plan
  return {
    plan: {
      ...plan,
      synchronizers: synchronizers.map((config) =>
        'sync' in config ? config : raise(config.type, config, synchronizerType(config).minimums),
      ),
      ...(failover && { failover: raise('failover', failover, FAILOVER) }),
      fdv1Fallback: fdv1Fallback && raise('FDv1 fallback', fdv1Fallback, [POLL_INTERVAL]),
    },
    warnings,
  }
}
