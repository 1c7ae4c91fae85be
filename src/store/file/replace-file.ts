import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { StoreError } from '../../model/errors.ts'
import { hasCode } from './errors.ts'
import { identityOf } from './open-for-reading.ts'
import { putInPlace } from './put-in-place.ts'
import { OPEN_SEAL, seal } from './seal.ts'

/** A file that is a mount of its own cannot be replaced by renaming, nor where its folder is on a read-only file system. */
const NOT_REPLACEABLE: readonly string[] = ['EBUSY', 'EXDEV', 'EROFS']

/**
 * Puts another snapshot in the place of one, at once. Resolves with its identity; rejects with a system's error or the
 * signal's reason, and then nothing has changed. Where the file cannot be replaced, its contents are: a writer that is
 * killed meanwhile leaves a file without a seal, which readers take for empty.
 */
export async function replaceFile(
  path: string,
  contents: () => Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  try {
    return await putInPlace(path, (handle) => writeSealed(handle, contents(), signal), signal)
  } catch (failure) {
    if (!NOT_REPLACEABLE.some((code) => hasCode(failure, code))) throw failure
    return await overwrite(path, contents(), signal)
  }
}

async function overwrite(path: string, contents: Iterable<Buffer>, signal: AbortSignal): Promise<string> {
  try {
    const handle = await open(path, 'r+')
    try {
      await handle.truncate()
      return await writeSealed(handle, contents, signal)
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (signal.aborted) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `the file can be neither replaced nor overwritten (${reason}); mount its folder, writable, in place of the file`
    throw new StoreError('refused', message, { cause })
  }
}

/** Seals it last: until then it could be taken for a snapshot by nobody. */
async function writeSealed(
  handle: FileHandle,
  contents: Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  const sha256 = createHash('sha256')
  await handle.writeFile(digested(contents, sha256, signal))
  const sealed = seal(sha256.digest('hex'))
  await handle.write(sealed, 0)
  // Before it is looked at: a file system across the network settles its time of change only now.
  await handle.sync()
  return identityOf(await handle.stat({ bigint: true }), sealed)
}

function* digested(contents: Iterable<Buffer>, sha256: Hash, signal: AbortSignal): Generator<Buffer> {
  yield Buffer.from(OPEN_SEAL)
  for (const piece of contents) {
    signal.throwIfAborted()
    sha256.update(piece)
    yield piece
  }
}
