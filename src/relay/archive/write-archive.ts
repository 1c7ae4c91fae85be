import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { packTar } from 'modern-tar'
import { hasCode } from '../../store/file/errors.ts'
import { followLinks, putInPlace } from '../../store/file/replace-file.ts'
import { ArchiveError } from './archive-error.ts'
import { checksumOf } from './checksum.ts'
import { type EnvironmentToArchive, encodeEnvironment } from './encode-environment.ts'
import { CHECKSUM_FILE } from './layout.ts'
import { MOST_BYTES, MOST_FILE_BYTES } from './limits.ts'
import { refuseShared } from './refuse-shared.ts'
import { looksLike, withFile } from './with-file.ts'

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
  refuseShared(
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
    await putInPlace(target, (handle) => handle.writeFile(packed), signal)
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
    if (length >= MOST_FILE_BYTES || bytes >= MOST_BYTES) {
      throw new ArchiveError({ archive, file, reason: 'it would be too big for anybody to read' })
    }
  }
}

/** A path that was mistyped must not cost somebody a file. */
async function mustBeArchive(path: string): Promise<void> {
  const found = await withFile(path, looksLike).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return 'nothing'
    throw error
  })
  if (found === 'something else')
    throw new ArchiveError({
      archive: path,
      reason: 'there is a file that is no archive, and it is left alone',
    })
}
