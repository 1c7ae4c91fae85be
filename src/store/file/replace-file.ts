import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { identityOf } from './open-for-reading.ts'
import { putInPlace } from './put-in-place.ts'
import { OPEN_SEAL, seal } from './seal.ts'

/**
 * Puts another snapshot in the place of one, at once. Resolves with its identity; rejects with a system's error or the
 * signal's reason, and then nothing has changed.
 */
export function replaceFile(path: string, contents: Iterable<Buffer>, signal: AbortSignal): Promise<string> {
  return putInPlace(path, (handle) => writeSealed(handle, contents, signal), signal)
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
