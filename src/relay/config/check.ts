import { checkEnvironments } from './check-environments.ts'
import { checkMain } from './check-main.ts'
import { checkOffline } from './check-offline.ts'
import { checkStore } from './check-store.ts'
import { Findings } from './findings.ts'
import type { Reading } from './reading.ts'
import type { RelayConfig } from './relay-config.ts'
import type { Sections } from './sections.ts'

/** A configuration as far as it could be understood: to be used only where there are no issues. */
export interface Checked extends Omit<Reading, 'sections'> {
  readonly config: RelayConfig
}

/** Turns what was written into a configuration with every default filled in, and says everything that is wrong with it. */
export function check(sections: Sections): Checked {
  const findings = new Findings()
  const main = checkMain(sections, findings)
  const choice = checkStore(sections, findings)
  const offline = checkOffline(sections, choice, findings)
  const environments = checkEnvironments(sections, choice, findings)
  const config = {
    ...main,
    ...(choice && { store: choice.store }),
    ...(offline && { offline }),
    environments,
  }
  return { config, issues: findings.issues, warnings: findings.warnings }
}
