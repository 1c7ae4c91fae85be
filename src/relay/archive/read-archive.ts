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
 * Reads an archive in the format of LaunchDarkly's Relay Proxy. If any part of it is invalid, rejects with an
 * {@link ArchiveError}, or with the reason of the signal.
 */
export async function readArchive(path: string, signal: AbortSignal): Promise<Archive> {
  const files = await unpack(path, signal)
  const ids = environmentIds(path, files)
  verifyChecksum(path, files, ids)
  return parseArchive(path, files, ids)
}

/** Returns the sorted ids of the environments. Throws if one of them lacks a file. */
export function environmentIds(archive: string, files: ArchiveFiles): readonly string[] {
  const found = [...files.keys()].map(parseFileName).filter((each) => each !== undefined)
  const ids = [...new Set(found.map(({ id }) => id))].sort()
  if (ids.length === 0) throw new ArchiveError({ archive, reason: 'contains no environments' })
  for (const id of ids) {
    const { metadata, data } = filesOf(id)
    if (!isArchiveId(id))
      throw new ArchiveError({ archive, file: metadata, reason: 'its name is not a valid environment id' })
    for (const file of [metadata, data])
      if (!files.has(file)) throw new ArchiveError({ archive, file, reason: 'is missing' })
  }
  return ids
}

export function verifyChecksum(archive: string, files: ArchiveFiles, ids: readonly string[]): void {
  const file = CHECKSUM_FILE
  const checksum = files.get(file)
  if (!checksum) throw new ArchiveError({ archive, file, reason: 'is missing' })
  if (!checksumOf(files, ids).equals(checksum))
    throw new ArchiveError({
      archive,
      file,
      reason: 'does not match the files: the archive was changed or damaged',
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
  const fail = (reason: string): never => {
    throw new ArchiveError({ archive, file: names.metadata, reason })
  }
  if ('fault' in reading) return fail(reading.fault)
  if (reading.metadata.id !== id) return fail('its envID differs from the id in its name')
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

/** Parses a file. Drops the error of the parser, because it could contain an SDK key. */
function parseJson(archive: string, files: ArchiveFiles, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(files.get(file)))
  } catch {
    throw new ArchiveError({ archive, file, reason: 'is not JSON in UTF-8' })
  }
}

type Identity = Pick<EnvironmentMetadata, 'id' | 'sdkKey' | 'moreSdkKeys' | 'mobileKey' | 'moreMobileKeys'>

/** Throws if two environments have the same id, which identifies files, or a common key, which identifies requests. */
export function rejectDuplicates(archive: string, environments: readonly Identity[]): void {
  const ids = new Set<string>()
  const owners = new Map<string, string>()
  for (const { id, sdkKey, moreSdkKeys, mobileKey, moreMobileKeys } of environments) {
    const fail = (reason: string): never => {
      throw new ArchiveError({ archive, file: filesOf(id).metadata, reason })
    }
    if (ids.has(id)) fail('belongs to two environments with the same id')
    ids.add(id)
    const kinds = [
      ['an SDK key', [sdkKey, ...moreSdkKeys.map(({ value }) => value)]],
      ['a mobile key', [mobileKey ?? [], ...moreMobileKeys.map(({ value }) => value)].flat()],
    ] as const
    for (const [kind, keys] of kinds) {
      for (const key of new Set(keys)) {
        const owner = owners.get(`${kind} ${key}`)
        if (owner !== undefined) fail(`has ${kind} that ${filesOf(owner).metadata} also has`)
        owners.set(`${kind} ${key}`, id)
      }
    }
  }
}
