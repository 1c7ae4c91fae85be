import { createHash } from 'node:crypto'
import { isJsonObject } from '../../model/json.ts'
import { readAll } from '../../protocol/fdv1.ts'
import {
  type Archive,
  type ArchivedData,
  type ArchivedEnvironment,
  ArchiveError,
  type ArchiveFiles,
  CHECKSUM_FILE,
  checksumOf,
  type EnvironmentMetadata,
  filesOf,
  isArchiveId,
  parseFileName,
} from './archive.ts'
import { readMetadata } from './read-metadata.ts'
import { unpack } from './unpack.ts'

/**
 * Reads an archive as LaunchDarkly's Relay Proxy reads it, all or nothing: whatever is wrong with any part of it refuses the
 * whole. Rejects with an {@link ArchiveError}, or the signal's reason.
 */
export async function readArchive(path: string, signal: AbortSignal): Promise<Archive> {
  const files = await unpack(path, signal)
  const ids = environmentIds(path, files)
  verifyChecksum(path, files, ids)
  return parseArchive(path, files, ids)
}

/** Whose environments' files are there, and complete; in the order of their ids. */
export function environmentIds(archive: string, files: ArchiveFiles): readonly string[] {
  const found = [...files.keys()].map(parseFileName).filter((each) => each !== undefined)
  const ids = [...new Set(found.map(({ id }) => id))].sort()
  if (ids.length === 0) throw new ArchiveError({ archive, reason: 'it holds no environment' })
  for (const id of ids) {
    const { metadata, data } = filesOf(id)
    if (!isArchiveId(id))
      throw new ArchiveError({ archive, file: metadata, reason: 'it is named by no id of an environment' })
    for (const file of [metadata, data])
      if (!files.has(file)) throw new ArchiveError({ archive, file, reason: 'it is missing' })
  }
  return ids
}

export function verifyChecksum(archive: string, files: ArchiveFiles, ids: readonly string[]): void {
  const file = CHECKSUM_FILE
  const checksum = files.get(file)
  if (!checksum) throw new ArchiveError({ archive, file, reason: 'it is missing' })
  if (!checksumOf(files, ids).equals(checksum))
    throw new ArchiveError({
      archive,
      file,
      reason: 'it is not that of the files: some were changed or damaged',
    })
}

export function parseArchive(path: string, files: ArchiveFiles, ids: readonly string[]): Archive {
  const environments = ids.map((id) => parseEnvironment(path, files, id))
  rejectDuplicates(path, environments)
  return { path, environments }
}

function parseEnvironment(archive: string, files: ArchiveFiles, id: string): ArchivedEnvironment {
  const names = filesOf(id)
  const reading = readMetadata(parseJson(archive, files, names.metadata))
  const refuse = (reason: string): never => {
    throw new ArchiveError({ archive, file: names.metadata, reason })
  }
  if ('fault' in reading) return refuse(reading.fault)
  if (reading.metadata.id !== id) return refuse('its envID is not the id it is named by')
  const data = parseData(archive, files, names.data)
  return { ...reading.metadata, dataId: reading.dataId || data.hash, data }
}

function parseData(archive: string, files: ArchiveFiles, file: string): ArchivedData {
  const value = parseJson(archive, files, file)
  const changeSet = readAll(isJsonObject(value) ? { flags: {}, ...value } : value)
  if ('malformed' in changeSet) throw new ArchiveError({ archive, file, reason: changeSet.malformed })
  return {
    changeSet,
    hash: createHash('sha256')
      .update(files.get(file) ?? '')
      .digest('hex'),
  }
}

/** What a parser has to say repeats what it was given, so nobody is told. */
function parseJson(archive: string, files: ArchiveFiles, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(files.get(file)))
  } catch {
    throw new ArchiveError({ archive, file, reason: 'it is not JSON in UTF-8' })
  }
}

type Identity = Pick<EnvironmentMetadata, 'id' | 'sdkKey' | 'moreKeys'>

/** Files are told apart by the id of their environment, requests by its key: no two environments may have one in common. */
export function rejectDuplicates(archive: string, environments: readonly Identity[]): void {
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
