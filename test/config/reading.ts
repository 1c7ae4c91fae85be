import type { NormalConfig } from '../../src/config/config.ts'
import { readLaunchDarklyForm } from '../../src/config/launchdarkly-form.ts'
import { raiseToMinimums } from '../../src/config/minimums.ts'
import { readPlanForm } from '../../src/config/plan-form.ts'
import { ADDRESSES } from '../../src/config/schema.ts'
import { DEFAULT_TIMINGS } from '../../src/datasystem/parts.ts'
import type { ConfigIssue } from '../../src/model/errors.ts'
import { IssueCollector } from '../../src/options/issues.ts'

export type Reading =
  | { readonly config: NormalConfig; readonly warnings: readonly string[] }
  | { readonly issues: readonly ConfigIssue[] }

const NAMES = { unknown: 'refuse', addresses: ADDRESSES } as const

/** Reads a plan and raises its durations to their minimums. `minPollMs` is the minimum poll interval, default 30,000. */
export function readPlan(input: unknown, minPollMs?: number): Reading {
  return read(readPlanForm, input, minPollMs)
}

/** Does the same for the form of LaunchDarkly. */
export function readOfficial(input: unknown, minPollMs?: number): Reading {
  return read(readLaunchDarklyForm, input, minPollMs)
}

function read(
  form: typeof readPlanForm,
  input: unknown,
  pollIntervalMs = DEFAULT_TIMINGS.pollIntervalMs,
): Reading {
  const collector = new IssueCollector()
  const config = form(input, NAMES, collector)
  if (!config || collector.issues.length > 0) return { issues: collector.issues }
  const { plan, warnings } = raiseToMinimums(config, { ...DEFAULT_TIMINGS, pollIntervalMs })
  return { config: plan, warnings: [...collector.warnings, ...warnings] }
}
