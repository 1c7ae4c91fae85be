import type { ConfigIssue } from '../model/errors.ts'
import type { DataSystemConfig, Fdv1FallbackConfig } from './config.ts'
import type { NamePolicy } from './unknown-names.ts'

/** A plan with nothing left to ask. */
export interface NormalConfig extends DataSystemConfig {
  readonly fdv1Fallback: Fdv1FallbackConfig | null
}

/** What applies while a data system is read. */
export interface ReadingLimits {
  /** The shortest poll interval, milliseconds; a shorter one is raised to it with a warning. */
  readonly minPollMs: number
  readonly names: NamePolicy
}

/** What became of what a caller handed in: a plan and what to warn of, or everything that is wrong with it. */
export type Reading =
  | { readonly config: NormalConfig; readonly warnings: readonly string[] }
  | { readonly issues: readonly ConfigIssue[] }
