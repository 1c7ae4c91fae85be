import { createHash, type Hash, randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, readlink, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { StoreError } from '../../model/errors.ts'
import { hasCode, isSystemError } from './errors.ts'
import { BLANK_FIRST_LINE, firstLine } from './format.ts'
import { identityOf } from './read-snapshot.ts'

/**
 * Errors after which the file may still be overwritten in place: it is a mount point (EBUSY, EXDEV), or its folder is not
 * writable.
 */
const NOT_REPLACEABLE: readonly string[] = ['EACCES', 'EBUSY', 'EPERM', 'EROFS', 'EXDEV']

/**
 * Replaces a snapshot atomically, and returns the identity of the new file. Rejects with a system error, the reason of the
 * signal, or a {@link StoreError} with a remedy. If the file cannot be replaced, it is overwritten in place: then a writer
 * that fails or is killed leaves a file with a blank first line, which readers treat as empty.
 */
export async function replaceFile(
  path: string,
  contents: () => Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await replaceAtomically(path, (handle) => writeWithChecksum(handle, contents(), signal), signal)
  } catch (failure) {
    if (!NOT_REPLACEABLE.some((code) => hasCode(failure, code))) throw failure
    const handle = await open(path, 'r+').catch((reason: unknown) => {
      // If there is no file to overwrite, the first error is the one to report.
      throw hasCode(reason, 'ENOENT') ? failure : notWritable(reason)
    })
    try {
      await handle.truncate()
      return await writeWithChecksum(handle, contents(), signal)
    } finally {
      await handle.close()
    }
  }
}

function notWritable(cause: unknown): unknown {
  if (!isSystemError(cause)) return cause
  const message =
    `the file can be neither replaced nor overwritten (${cause.code}); ` +
    'make its folder writable, or mount its folder in place of the file'
  return new StoreError('refused', message, { cause: new Error(message, { cause }) })
}

/** Writes the first line last, so that an unfinished file is not a valid snapshot. */
async function writeWithChecksum(
  handle: FileHandle,
  contents: Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  const sha256 = createHash('sha256')
  await handle.writeFile(digested(contents, sha256, signal))
  const line = firstLine(sha256.digest('hex'))
  await handle.write(line, 0)
  // Before `stat`, because a network file system may set the modification time only at this point.
  await handle.sync()
  return identityOf(await handle.stat({ bigint: true }), line)
}

function* digested(contents: Iterable<Buffer>, sha256: Hash, signal: AbortSignal): Generator<Buffer> {
  yield Buffer.from(BLANK_FIRST_LINE)
  for (const chunk of contents) {
    signal.throwIfAborted()
    sha256.update(chunk)
    yield chunk
  }
}

/** Resolves symbolic links, so that a link remains when its file is replaced. The file need not exist. */
export async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    const next = await readlink(path).catch(() => undefined)
    return next === undefined ? path : followLinks(resolve(dirname(path), next))
  }
}

/**
 * Replaces a file atomically by one that only its owner can read: readers find the old or the new file, also after a power
 * failure. Returns the result of `write`. Rejects with its error, a system error, or the reason of the signal; then the old
 * file is unchanged.
 */
export async function replaceAtomically<T>(
  path: string,
  write: (handle: FileHandle) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const temporary = temporaryBeside(path)
  try {
    const written = await writeNew(temporary, write)
    signal.throwIfAborted()
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return written
  } catch (error) {
    await discard(temporary)
    throw error
  }
}

async function writeNew<T>(path: string, write: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, 'wx', 0o600)
  try {
    const written = await write(handle)
    await handle.sync()
    return written
  } finally {
    await handle.close()
  }
}

/** Makes the new name durable. Errors are ignored, because some systems cannot sync a folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close().catch(() => undefined)
}

/** Age after which a temporary file is a leftover, in milliseconds: no write takes this long. */
const LEFTOVER_AGE_MS = 60_000
const SUFFIX = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

export function temporaryBeside(path: string): string {
  return `${path}.${randomUUID()}.tmp`
}

/** Deletes temporary files of killed writers. Files that cannot be deleted are skipped. */
export async function removeLeftovers(path: string, now: number): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => [])
  const stem = basename(path)
  for (const name of names) {
    if (!name.startsWith(stem) || !SUFFIX.test(name.slice(stem.length))) continue
    const file = join(dirname(path), name)
    const changed = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    )
    if (now - changed > LEFTOVER_AGE_MS) await discard(file)
  }
}

export async function discard(path: string): Promise<void> {
  await unlink(path).catch(() => undefined)
}
