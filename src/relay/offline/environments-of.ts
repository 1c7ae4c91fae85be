import { compact } from '../../options/compact.ts'
import { IssueCollector } from '../../options/issues.ts'
import { type ArchivedEnvironment, ArchiveError, filesOf, isGeneratedId } from '../archive/archive.ts'
import { rejectDuplicates } from '../archive/read-archive.ts'
import { placeOf } from '../config/check-origin.ts'
import { refuseSharedPlaces } from '../config/databases.ts'
import type { EnvironmentConfig, RelayConfig } from '../config/relay-config.ts'

/**
 * Returns the configuration of the environments of an archive. Their names consist of project and environment, and of the id if two
 * would have the same name. Throws an {@link ArchiveError} if two environments cannot be distinguished.
 */
export function environmentsOf(
  archive: string,
  environments: readonly ArchivedEnvironment[],
  relay: Pick<RelayConfig, 'offline' | 'store'>,
): readonly EnvironmentConfig[] {
  rejectDuplicates(archive, environments)
  const names = namesOf(archive, environments)
  const configs = environments.map(({ id, sdkKey, moreSdkKeys, projKey, ttlMinutes, ...others }) =>
    compact({
      name: names.get(id) ?? id,
      sdkKey,
      prefix: relay.store && placeOf(relay.offline?.prefix, id),
      tableName: relay.store && placeOf(relay.offline?.tableName, id),
      ttlMs: ttlMinutes > 0 ? ttlMinutes * 60_000 : undefined,
      mobileKey: others.mobileKey,
      moreMobileKeys: others.moreMobileKeys.length > 0 ? others.moreMobileKeys : undefined,
      secureMode: others.secureMode || undefined,
      envId: isGeneratedId(id) ? undefined : id,
      allowedOrigins: relay.offline?.allowedOrigins,
      allowedHeaders: relay.offline?.allowedHeaders,
      projKey: projKey === '' ? undefined : projKey,
      moreSdkKeys: moreSdkKeys.length > 0 ? moreSdkKeys : undefined,
    }),
  )
  if (relay.store) {
    const ids = environments.map(({ id }) => id)
    refusePlaces(archive, ids, configs, relay.store)
  }
  return configs
}

function namesOf(archive: string, environments: readonly ArchivedEnvironment[]): ReadonlyMap<string, string> {
  const readable = environments.map(({ id, projName, name }) => {
    const parts = [projName, name].map((part) => part.replaceAll(/\p{C}/gu, ' ').trim())
    return { id, name: parts.filter((part) => part !== '').join(' ') || id }
  })
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const { id, name } of readable) {
    const isShared = readable.some((other) => other.id !== id && other.name === name)
    const unique = isShared ? `${name} (${id})` : name
    if (taken.has(unique)) {
      throw new ArchiveError({
        archive,
        file: filesOf(id).metadata,
        reason: 'has the same name as another environment',
      })
    }
    taken.add(unique)
    names.set(id, unique)
  }
  return names
}

function refusePlaces(
  archive: string,
  ids: readonly string[],
  configs: readonly EnvironmentConfig[],
  store: NonNullable<RelayConfig['store']>,
): void {
  const collector = new IssueCollector()
  const places = configs.map(({ prefix, tableName }, index) => ({
    prefix,
    tableName,
    place: filesOf(ids[index] ?? '').metadata,
  }))
  refuseSharedPlaces(store, places, collector)
  const [issue] = collector.issues
  if (issue) {
    const { path: file, expected, received } = issue
    throw new ArchiveError({ archive, file, reason: `expected ${expected}, received ${received}` })
  }
}
