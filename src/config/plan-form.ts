import { parseOptions } from '../options/check.ts'
import type { IssueCollector } from '../options/issues.ts'
import type { NamePolicy } from '../options/unknown-names.ts'
import type { DataSystemConfig, NormalConfig } from './config.ts'
import { fdv1FallbackOf, withStore } from './plans.ts'
import { PLAN } from './schema.ts'
import { readStoreOptions } from './store-options.ts'

const ROOT = 'dataSystem'

/** Distinguishes a plan of sources, which has lists of sources, from the form of LaunchDarkly. */
export function isPlanForm(input: unknown): boolean {
  return typeof input === 'object' && input !== null && ('initializers' in input || 'synchronizers' in input)
}

/** Reads a plan, as presets return it, in milliseconds. Returns `undefined` if something is wrong. */
export function readPlanForm(
  input: unknown,
  names: NamePolicy,
  collector: IssueCollector,
): NormalConfig | undefined {
  const plan = parseOptions<DataSystemConfig>(input, { root: ROOT, schema: PLAN, names }, collector)
  refuseDataSource(input, collector)
  const stores = readStoreOptions(ROOT, input, collector)
  if (!plan || !stores) return undefined
  const { initializers, synchronizers, failover, fdv1Fallback, storeMode } = plan
  return withStore(
    {
      initializers,
      synchronizers,
      ...(failover && { failover }),
      fdv1Fallback: fdv1FallbackOf(fdv1Fallback),
      ...(storeMode && { storeMode }),
    },
    stores,
  )
}

/** A plan lists its sources, so a `dataSource` beside the lists would contradict them. */
function refuseDataSource(input: unknown, collector: IssueCollector): void {
  if (typeof input !== 'object' || input === null || !('dataSource' in input)) return
  collector.refuse(`${ROOT}.dataSource`, 'either dataSource or initializers and synchronizers', 'both')
}
