import { systemClock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { systemRandom } from '../../config/injected.ts'
import { fingerprint } from '../../layout/sidecar.ts'
import type { Survey } from '../../layout/survey.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { EnvironmentConfig, RelayConfig } from '../../relay/config/relay-config.ts'
import { storeOf } from '../../relay/environment-plan.ts'
import type { CommandContext } from '../command.ts'
import { type ConfigSource, readConfig } from '../relay-config.ts'

/** Reads the configuration of a relay that has environments of its own, and prints its warnings. */
export async function readOwnConfig(source: ConfigSource, context: CommandContext): Promise<RelayConfig> {
  const { config, warnings } = await readConfig(source)
  for (const warning of warnings) context.stderr(warning)
  if (config.offline)
    throw new Error('the environments of this configuration come with an archive: it has none of its own')
  return config
}

/** What became of each; throws what went wrong with any, so that all or nothing goes on. */
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

/** What was found of an environment. */
export interface Found {
  readonly snapshot: Snapshot
  /** What the service calls it, where that is known. */
  readonly environmentId?: string
}

/** Where an environment is looked for. */
export interface ArchiveTask {
  readonly environment: EnvironmentConfig
  readonly relay: RelayConfig
  /** Receives problems that do not keep the command from going on. */
  readonly logger: Logger
  readonly signal: AbortSignal
}

const clock = systemClock

/** How long a database may take for everything it holds, or is to hold. */
const DATABASE_MS = 60_000

/** Does something with the place of an environment, in time, and closes it. Rejects where no database is configured. */
export async function withStore<T>(
  { relay, environment, logger, signal: parent }: ArchiveTask,
  use: (store: PersistentStore, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const description = storeOf(relay, environment)
  if (!description) throw new Error('no database is configured')
  // No connection of a store keeps the process alive, so somebody has to until there is an answer.
  const release = clock.hold()
  const { store } = description.open({ clock, random: systemRandom, logger })
  try {
    return await withDeadline(clock, DATABASE_MS, parent, (signal) => use(store, signal))
  } finally {
    await store.close()
    release()
  }
}

/**
 * Throws where a place holds another environment, as far as that can be told: whoever wrote there used another key, and the
 * environment is not known to be the same. Rows of other software say nothing of the kind.
 */
export function refuseForeign(
  { sidecar: found }: Survey,
  { sdkKey }: EnvironmentConfig,
  id: string | undefined,
): void {
  if (found.type !== 'readable') return
  const { keyFingerprint, environmentId } = found.sidecar
  if (keyFingerprint === fingerprint(sdkKey) || (id !== undefined && environmentId === id)) return
  const owner =
    environmentId === undefined ? 'another environment, by its SDK key' : `environment ${environmentId}`
  throw new Error(`its place in the database holds ${owner}`)
}
