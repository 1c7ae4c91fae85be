import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packTar } from 'modern-tar'
import { encodeItem } from '../../layout/row.ts'
import type { Item, ItemKind, Snapshot } from '../../model/change-set.ts'
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
 * Writes a `.tar.gz` LaunchDarkly's Relay Proxy can read, in one step, for its owner alone: the keys in it are good. The same
 * environments make the same bytes. Rejects with an {@link ArchiveError}, or the signal's reason; nothing has changed then.
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
    environments.map(({ metadata }) => ({ ...metadata, moreKeys: [] })),
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
    throw new ArchiveError({ archive: path, reason: `it cannot be written: ${(error as Error).message}` })
  }
}

function refuseTooBig(archive: string, files: ReadonlyMap<string, Buffer>): void {
  let bytes = 0
  for (const [file, { length }] of files) {
    bytes += length
    if (length >= MAX_FILE_BYTES || bytes >= MAX_BYTES) {
      throw new ArchiveError({ archive, file, reason: 'it would be too big for anybody to read' })
    }
  }
}

/** A path that was mistyped must not cost somebody a file. */
async function mustBeArchive(path: string): Promise<void> {
  const found = await withFile(path, detectFormat).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return 'nothing'
    throw error
  })
  if (found === 'something else')
    throw new ArchiveError({
      archive: path,
      reason: 'there is a file that is no archive, and it is left alone',
    })
}

/** An environment to be written; its version follows from what it is. */
export interface EnvironmentToArchive {
  readonly metadata: Omit<EnvironmentMetadata, 'moreKeys' | 'version'>
  readonly snapshot: Snapshot
}

/** The files of an environment, by name. Throws an {@link ArchiveError} where no file can be called by its id. */
function encodeEnvironment(
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
function objectOf(kind: ItemKind, items: ReadonlyMap<string, Item>): string {
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
