import { createHash } from 'node:crypto'
import { encodeItem } from '../../layout/row.ts'
import type { Item, Kind, Snapshot } from '../../model/change-set.ts'
import type { EnvironmentMetadata } from './archive.ts'
import { ArchiveError } from './archive-error.ts'
import { filesOf, isArchiveId } from './layout.ts'

/** An environment to be written; its version follows from what it is. */
export interface EnvironmentToArchive {
  readonly metadata: Omit<EnvironmentMetadata, 'moreKeys' | 'version'>
  readonly snapshot: Snapshot
}

/** The files of an environment, by name. Throws an {@link ArchiveError} where no file can be called by its id. */
export function encodeEnvironment(
  archive: string,
  { metadata, snapshot }: EnvironmentToArchive,
): readonly (readonly [string, Buffer])[] {
  const { id } = metadata
  const names = filesOf(id)
  if (!isArchiveId(id))
    throw new ArchiveError({ archive, file: names.metadata, reason: 'no file can be called by this id' })
  const data = encodeData(snapshot)
  const dataId = createHash('sha256').update(data).digest('hex').slice(0, 32)
  const env = { ...envOf(metadata), version: versionOf(metadata) }
  return [
    [names.data, data],
    [names.metadata, Buffer.from(JSON.stringify({ env, dataId }))],
  ]
}

/** By key, so that what came in another order is the same. Each object says its key and version itself, as readers expect. */
function encodeData({ flags, segments }: Snapshot): Buffer {
  return Buffer.from(`{"flags":${objectOf('flag', flags)},"segments":${objectOf('segment', segments)}}`)
}

/** Written out by hand, because an object would treat some keys as its own affairs. */
function objectOf(kind: Kind, items: ReadonlyMap<string, Item>): string {
  const members = Array.from(items, ([key, item]) => `${JSON.stringify(key)}:${encodeItem(kind, item).text}`)
  return `{${members.sort().join()}}`
}

/** In the words of LaunchDarkly's Relay Proxy, which looks for each of them. */
function envOf({
  id,
  name,
  projName,
  projKey,
  sdkKey,
  ttlMinutes,
}: EnvironmentToArchive['metadata']): object {
  return {
    envID: id,
    envKey: '',
    envName: name,
    mobKey: '',
    projKey,
    projName,
    sdkKey: { value: sdkKey, expiring: { value: '', timestamp: 0 } },
    defaultTtl: ttlMinutes,
    secureMode: false,
  }
}

/** Versions are compared for being the same only, so one that follows from the metadata is as good as one that counts. */
function versionOf(metadata: EnvironmentToArchive['metadata']): number {
  return (
    createHash('sha256')
      .update(JSON.stringify(envOf(metadata)))
      .digest()
      .readUInt32BE() >>> 1
  )
}
