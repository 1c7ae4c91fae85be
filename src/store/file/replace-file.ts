import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { StoreError } from '../../model/errors.ts'
import { hasCode, isSystemError } from './errors.ts'
import { identityOf } from './open-for-reading.ts'
import { putInPlace } from './put-in-place.ts'
import { OPEN_SEAL, seal } from './seal.ts'

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
    return await putInPlace(path, (handle) => writeSealed(handle, contents(), signal), signal)
  } catch (failure) {
    if (!NOT_REPLACEABLE.some((code) => hasCode(failure, code))) throw failure
    const handle = await open(path, 'r+').catch((reason: unknown) => {
      // Without a file there is nothing to overwrite, so the first failure is the one to report.
      throw hasCode(reason, 'ENOENT') ? failure : notWritable(reason)
    })
    try {
      await handle.truncate()
      return await writeSealed(handle, contents(), signal)
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
