import { compact } from './compact.ts'
import { usedDatabases } from './databases.ts'
import type { Findings } from './findings.ts'
import { OPEN_TELEMETRY, type OperationValues } from './operation-options.ts'
import type { RelayConfig } from './relay-config.ts'
import type { Sections } from './sections.ts'
import { valuesOf } from './values-of.ts'

/** What a relay says of itself, and how. */
export type OperationConfig = Pick<RelayConfig, 'logFormat' | 'ready' | 'openTelemetry'>

/** A stream of LaunchDarkly's may be silent for 3 min, and is asked after 3 min 20 s, so healthy data is as old as that. */
const LONGEST_SILENCE_MS = 240_000

export function checkOperation(
  sections: Sections,
  { logFormat = 'text', readyRequires = ['data'], readyMaxAge }: Partial<OperationValues>,
  findings: Findings,
): OperationConfig {
  const settings = sections.shared.get('main')?.settings
  const requires = settings?.get('readyRequires')
  const isKept = usedDatabases(sections).length > 0 || settings?.has('snapshotDirectory')
  if (requires && readyRequires.includes('store') && !isKept) {
    findings.warn(`${requires.place}: store has no effect, because no database is configured`)
  }
  const maxAge = settings?.get('readyMaxAge')
  if (maxAge && readyMaxAge !== undefined && readyMaxAge < LONGEST_SILENCE_MS) {
    const silence = 'which a healthy stream may be silent for: idle environments will be called not ready'
    findings.warn(`${maxAge.place} is less than 4m, ${silence}`)
  }
  const { enabled } = valuesOf(OPEN_TELEMETRY, sections.shared.get('openTelemetry'), findings)
  return {
    logFormat,
    ready: compact({ requires: readyRequires, maxAgeMs: readyMaxAge }),
    openTelemetry: enabled ?? false,
  }
}
