import { systemClock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { systemRandom } from '../../config/injected.ts'
import { DataOwner } from '../../layout/data-owner.ts'
import type { Survey } from '../../layout/survey.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import { withAutoConfig } from '../../relay/auto-config/open-client.ts'
import { type EnvironmentConfig, ownerIdentityOf, type RelayConfig } from '../../relay/config/relay-config.ts'
import { storeOf } from '../../relay/environment-plan.ts'
import { type CommandContext, problemLogger } from '../command.ts'
import type { HelpRow } from '../help.ts'
import { type ConfigSource, readConfig } from '../relay-config.ts'

/**
 * Reads the configuration of a relay, with the environments of automatic configuration if it uses that, and prints its warnings.
 * Rejects if an archive contains its environments.
 */
export async function readOwnConfig(source: ConfigSource, context: CommandContext): Promise<RelayConfig> {
  const { config, warnings } = await readConfig(source)
  for (const warning of warnings) context.stderr(warning)
  if (config.offline)
    throw new Error('the configuration has no environments; they are in an archive (fileDataSource)')
  if (!config.autoConfig) return config
  return withAutoConfig(config, config.autoConfig, {
    clock,
    random: systemRandom,
    logger: problemLogger(context),
  })
}

/** The exit codes of the commands that write an archive or from one. */
export const WRITE_EXIT_CODES: readonly HelpRow[] = [
  ['0', 'success'],
  ['1', 'failure; the error names environments and reasons'],
  ['2', 'wrong command line'],
]

/** Waits for all promises and returns their results. Rejects with the errors of all that failed. */
export async function settleAll<T>(
  names: readonly string[],
  work: readonly Promise<T>[],
): Promise<readonly T[]> {
  const ends = await Promise.allSettled(work)
  const faults = ends.flatMap((end, index) =>
    end.status === 'rejected' ? [`${names[index]}: ${(end.reason as Error).message}`] : [],
  )
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
}

export interface EnvironmentData {
  readonly snapshot: Snapshot
  /** The environment ID that the service sent. */
  readonly environmentId?: string
}

export interface ArchiveTask {
  readonly environment: EnvironmentConfig
  readonly relay: RelayConfig
  /** Receives problems that do not end the command. */
  readonly logger: Logger
  readonly signal: AbortSignal
}

const clock = systemClock

const STORE_TIMEOUT_MS = 60_000

/** Opens the store of an environment for `use` and closes it afterwards. Rejects after 60 s, or if no database is configured. */
export async function withStore<T>(
  { relay, environment, logger, signal: parent }: ArchiveTask,
  use: (store: PersistentStore, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const description = storeOf(relay, environment)
  if (!description) throw new Error('no database is configured')
  // Without this, the process would exit before the store answers, because connections of a store do not keep it alive.
  const release = clock.hold()
  const { store } = description.open({ clock, random: systemRandom, logger })
  try {
    return await withDeadline(clock, STORE_TIMEOUT_MS, parent, (signal) => use(store, signal))
  } finally {
    await store.close()
    release()
  }
}

/**
 * Throws if the store contains another environment, that is, if its sidecar has neither the fingerprint of one of its SDK keys nor this
 * environment ID. Rows of other software have no sidecar and are accepted.
 */
export function refuseForeign(
  { sidecar: found }: Survey,
  environment: EnvironmentConfig,
  id: string | undefined,
): void {
  if (found.type !== 'readable') return
  const { environmentId } = found.sidecar
  const owner = new DataOwner({ ...ownerIdentityOf(environment), environmentId: id })
  if (owner.owns(found.sidecar)) return
  const other =
    environmentId === undefined ? 'another environment (its SDK key differs)' : `environment ${environmentId}`
  throw new Error(`its place in the database contains ${other}`)
}
