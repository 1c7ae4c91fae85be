/** The stages of a migration from an old to a new system, in their order. */
export const LDMigrationStage = {
  /** The migration has not started: only the old system is read and written. */
  Off: 'off',
  /** Both systems are written; the old one is read. */
  DualWrite: 'dualwrite',
  /** Both systems are read and written; the old one is authoritative. */
  Shadow: 'shadow',
  /** Both systems are read and written; the new one is authoritative. */
  Live: 'live',
  /** Both systems are written; the new one is read. */
  RampDown: 'rampdown',
  /** The migration is complete: only the new system is read and written. */
  Complete: 'complete',
} as const

/** A stage of a migration, for example `'live'`. */
export type LDMigrationStage = (typeof LDMigrationStage)[keyof typeof LDMigrationStage]

/** One of the two systems of a migration. */
export type LDMigrationOrigin = 'old' | 'new'

/** The origins that the operations of a stage use. */
export interface StagePlan {
  /** The origins of a read, in the order of serial execution. */
  readonly reads: readonly LDMigrationOrigin[]
  /** The origins of a write, in order. */
  readonly writes: readonly LDMigrationOrigin[]
  /** The origin whose result a read returns, and that a write uses first. */
  readonly authoritative: LDMigrationOrigin
}

export const STAGE_PLANS: Readonly<Record<LDMigrationStage, StagePlan>> = {
  off: { reads: ['old'], writes: ['old'], authoritative: 'old' },
  dualwrite: { reads: ['old'], writes: ['old', 'new'], authoritative: 'old' },
  shadow: { reads: ['old', 'new'], writes: ['old', 'new'], authoritative: 'old' },
  live: { reads: ['old', 'new'], writes: ['new', 'old'], authoritative: 'new' },
  rampdown: { reads: ['new'], writes: ['new', 'old'], authoritative: 'new' },
  complete: { reads: ['new'], writes: ['new'], authoritative: 'new' },
}

/** Returns whether a value is the name of a stage. */
export function IsMigrationStage(value: unknown): value is LDMigrationStage {
  return typeof value === 'string' && Object.hasOwn(STAGE_PLANS, value)
}
