import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packTar } from 'modern-tar'
import { encodeItem } from '../../layout/row.ts'
import type { Item, ItemKind, Snapshot } from '../../model/change-set.ts'
import type { FurtherKey } from '../../options/key-list.ts'
import { hasCode } from '../../store/file/errors.ts'
import { followLinks, replaceAtomically } from '../../store/file/replace-file.ts'
import {
  ArchiveError,
  CHECKSUM_FILE,
  checksumOf,
  type EnvironmentMetadata,
  filesOf,
  isArchiveId,
  MAX_BYTES,
  MAX_FILE_BYTES,
} from './archive.ts'
import { rejectDuplicates } from './read-archive.ts'
import { detectFormat, withFile } from './unpack.ts'

const compress: (bytes: Uint8Array) => Promise<Buffer> = promisify(gzip)

/**
 * Writes a `.tar.gz` that LaunchDarkly's Relay Proxy can read. The file is replaced atomically, and only its owner can read it,
 * because it contains valid SDK keys. Equal environments produce equal bytes. Rejects without any change with an
 * {@link ArchiveError}, or with the reason of the signal.
 */
export async function writeArchive(
  path: string,
  environments: readonly EnvironmentToArchive[],
  signal: AbortSignal,
): Promise<void> {
  const files = new Map<string, Buffer>()
  for (const environment of environments) {
    for (const [name, bytes] of encodeEnvironment(path, environment)) files.set(name, bytes)
  }
  rejectDuplicates(
    path,
    environments.map(({ metadata }) => metadata),
  )
  const ids = environments.map(({ metadata }) => metadata.id)
  files.set(CHECKSUM_FILE, checksumOf(files, ids))
  refuseTooBig(path, files)
  const entries = Array.from(files, ([name, body]) => ({
    header: { name, size: body.length, mode: 0o600, mtime: new Date(0) },
    body,
  }))
  const packed = await compress(await packTar(entries))
  try {
    const target = await followLinks(path)
    await mustBeArchive(target)
    await replaceAtomically(target, (handle) => handle.writeFile(packed), signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ArchiveError) throw error
    throw new ArchiveError({ archive: path, reason: `cannot be written: ${(error as Error).message}` })
  }
}

function refuseTooBig(archive: string, files: ReadonlyMap<string, Buffer>): void {
  let bytes = 0
  for (const [file, { length }] of files) {
    bytes += length
    if (length >= MAX_FILE_BYTES || bytes >= MAX_BYTES) {
      throw new ArchiveError({ archive, file, reason: 'would exceed the size limit of archives' })
    }
  }
}

/** Throws if the path is a file that is not an archive, so that a mistyped path does not overwrite it. */
async function mustBeArchive(path: string): Promise<void> {
  const found = await withFile(path, detectFormat).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return 'empty'
    throw error
  })
  if (found === 'other')
    throw new ArchiveError({
      archive: path,
      reason: 'exists and is not an archive; it was not overwritten',
    })
}

export interface EnvironmentToArchive {
  readonly metadata: Omit<EnvironmentMetadata, 'version'>
  readonly snapshot: Snapshot
}

/** Returns the files of an environment by name. Throws an {@link ArchiveError} if the id is not a valid file name. */
function encodeEnvironment(
  archive: string,
  { metadata, snapshot }: EnvironmentToArchive,
): readonly (readonly [string, Buffer])[] {
  const { id } = metadata
  const names = filesOf(id)
  if (!isArchiveId(id))
    throw new ArchiveError({ archive, file: names.metadata, reason: 'the id is not a valid file name' })
  const data = encodeData(snapshot)
  const dataId = createHash('sha256').update(data).digest('hex').slice(0, 32)
  const env = { ...envOf(metadata), version: versionOf(metadata) }
  return [
    [names.data, data],
    [names.metadata, Buffer.from(JSON.stringify({ env, dataId }))],
  ]
}

/** Returns all items, sorted by key, so that the bytes do not depend on the order of arrival. */
function encodeData({ flags, segments }: Snapshot): Buffer {
  return Buffer.from(`{"flags":${objectOf('flag', flags)},"segments":${objectOf('segment', segments)}}`)
}

/** Builds the JSON text directly, because an object would treat keys such as `__proto__` specially. */
function objectOf(kind: ItemKind, items: ReadonlyMap<string, Item>): string {
  const members = Array.from(items, ([key, item]) => `${JSON.stringify(key)}:${encodeItem(kind, item).text}`)
  return `{${members.sort().join()}}`
}

/**
 * Returns the metadata in the format of LaunchDarkly's Relay Proxy, which requires all of these members except the lists of keys.
 * It reads one expiring key; newer versions read the lists.
 */
function envOf(metadata: EnvironmentToArchive['metadata']): object {
  const { id, name, envKey, projName, projKey, sdkKey, mobileKey = '', ttlMinutes, secureMode } = metadata
  const { moreSdkKeys, moreMobileKeys } = metadata
  const expiring = moreSdkKeys.find(({ until }) => until !== undefined)
  return {
    envID: id,
    envKey,
    envName: name,
    mobKey: mobileKey,
    projKey,
    projName,
    sdkKey: {
      value: sdkKey,
      expiring: { value: expiring?.value ?? '', timestamp: expiring?.until ?? 0 },
    },
    ...(moreSdkKeys.length > 0 && { sdkKeys: listOf(sdkKey, moreSdkKeys) }),
    ...(moreMobileKeys.length > 0 && { mobileKeys: listOf(mobileKey, moreMobileKeys) }),
    defaultTtl: ttlMinutes,
    secureMode,
  }
}

function listOf(current: string, more: readonly FurtherKey[]): readonly object[] {
  const keys: readonly FurtherKey[] = current === '' ? more : [{ value: current }, ...more]
  return keys.map(({ value, until }, index) => ({
    key: `key-${index + 1}`,
    value,
    ...(until !== undefined && { expiry: until }),
    hasViews: false,
  }))
}

/** Derives the version from the metadata. Readers only compare versions for equality, so it need not be a counter. */
function versionOf(metadata: EnvironmentToArchive['metadata']): number {
  return (
    createHash('sha256')
      .update(JSON.stringify(envOf(metadata)))
      .digest()
      .readUInt32BE() >>> 1
  )
}
