import type { EnvironmentMetadata } from './archive.ts'
import { ArchiveError } from './archive-error.ts'
import { filesOf } from './layout.ts'

type Identity = Pick<EnvironmentMetadata, 'id' | 'sdkKey' | 'moreKeys'>

/** Files are told apart by the id of their environment, requests by its key: no two environments may have one in common. */
export function refuseShared(archive: string, environments: readonly Identity[]): void {
  const ids = new Set<string>()
  const owners = new Map<string, string>()
  for (const { id, sdkKey, moreKeys } of environments) {
    const refuse = (reason: string): never => {
      throw new ArchiveError({ archive, file: filesOf(id).metadata, reason })
    }
    if (ids.has(id)) refuse('it is the file of two environments')
    ids.add(id)
    for (const key of new Set([sdkKey, ...moreKeys.map(({ value }) => value)])) {
      const owner = owners.get(key)
      if (owner !== undefined) refuse(`it has an SDK key that ${filesOf(owner).metadata} has too`)
      owners.set(key, id)
    }
  }
}
