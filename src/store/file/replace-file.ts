import { createHash, type Hash, randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, readlink, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { StoreError } from '../../model/errors.ts'
import { hasCode, isSystemError } from './errors.ts'
import { BLANK_FIRST_LINE, firstLine } from './format.ts'
import { identityOf } from './read-snapshot.ts'

/**
 * Failures after which the contents of the file may still be written: it is a mount of its own (EBUSY, EXDEV), or files
 * cannot be made in its folder.
 */
const NOT_REPLACEABLE: readonly string[] = ['EACCES', 'EBUSY', 'EPERM', 'EROFS', 'EXDEV']

/**
 * Replaces a snapshot by another one in one step. Resolves with its identity; rejects with a system's error, the signal's
 * reason, or a {@link StoreError} with a remedy. If the file cannot be replaced, its contents are overwritten: a write that
 * fails, or a writer that is killed, then leaves a file without a seal, which readers take for empty.
 */
export async function replaceFile(
  path: string,
  contents: () => Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await putInPlace(path, (handle) => writeWithChecksum(handle, contents(), signal), signal)
  } catch (failure) {
    if (!NOT_REPLACEABLE.some((code) => hasCode(failure, code))) throw failure
    const handle = await open(path, 'r+').catch((reason: unknown) => {
      // Without a file there is nothing to overwrite, so the first failure is the one to report.
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

/** Seals it last: until then it could be taken for a snapshot by nobody. */
async function writeWithChecksum(
  handle: FileHandle,
  contents: Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  const sha256 = createHash('sha256')
  await handle.writeFile(digested(contents, sha256, signal))
  const sealed = firstLine(sha256.digest('hex'))
  await handle.write(sealed, 0)
  // Before it is looked at: a file system across the network settles its time of change only now.
  await handle.sync()
  return identityOf(await handle.stat({ bigint: true }), sealed)
}

function* digested(contents: Iterable<Buffer>, sha256: Hash, signal: AbortSignal): Generator<Buffer> {
  yield Buffer.from(BLANK_FIRST_LINE)
  for (const piece of contents) {
    signal.throwIfAborted()
    sha256.update(piece)
    yield piece
  }
}

/** What a path leads to, so that a link stays one when its file is replaced. The file need not exist. */
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
 * Puts another file, for its owner alone, in the place of one, at once: whoever looks finds the old one or the new one, also
 * after the power failed. Resolves with what `write` does; rejects with its error, a system's, or the signal's reason, and
 * then nothing has changed.
 */
export async function putInPlace<T>(
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

/** Makes the name last as its file does. Not every system can; those see to it themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close().catch(() => undefined)
}

/** No write takes as long as this: whoever left such a file is gone. */
const LEFTOVER_AGE_MS = 60_000
const SUFFIX = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

/** A name beside the file that nobody else uses, in any process. */
export function temporaryBeside(path: string): string {
  return `${path}.${randomUUID()}.tmp`
}

/** Removes what writers left behind that were killed. What cannot be removed is left to the next. */
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

/** Removes a file, if it can. */
export async function discard(path: string): Promise<void> {
  await unlink(path).catch(() => undefined)
}
