import { isArchiveId, isMadeId, madeId } from '../../relay/archive/archive.ts'
import type { EnvironmentConfig } from '../../relay/config/relay-config.ts'
import type { Found } from './found.ts'

/** What the files of an environment are called by, and who says so. */
export interface ArchiveId {
  readonly id: string
  readonly by: 'the configuration' | 'the service' | 'its name'
}

/** Takes the `envId` of the configuration, or what the service calls it, or something made of its name. */
export function archiveId({ name, envId }: EnvironmentConfig, { environmentId }: Found): ArchiveId {
  if (envId !== undefined) {
    if (!isArchiveId(envId) || isMadeId(envId)) throw new Error('no file can be called by its envId')
    return { id: envId, by: 'the configuration' }
  }
  // It comes out of a header, which may say anything.
  const isUsable = environmentId !== undefined && isArchiveId(environmentId) && !isMadeId(environmentId)
  return isUsable ? { id: environmentId, by: 'the service' } : { id: madeId(name), by: 'its name' }
}
