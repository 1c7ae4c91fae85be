import { createHash, type Hash } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { identityOf } from './open-for-reading.ts'
import { OPEN_SEAL, seal } from './seal.ts'
import { discard, temporaryBeside } from './temporary.ts'

/**
 * Puts another file in the place of one, at once: whoever looks finds the old one or the new one, also after the power
 * failed. Resolves with its identity; rejects with a system's error or the signal's reason, and then nothing has changed.
 */
export async function replaceFile(
  path: string,
  contents: Iterable<Buffer>,
  signal: AbortSignal,
): Promise<string> {
  const temporary = temporaryBeside(path)
  try {
    const identity = await writeSealed(temporary, contents, signal)
    signal.throwIfAborted()
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return identity
  } catch (error) {
    await discard(temporary)
    throw error
  }
}

/** Seals it last: until then it could be taken for a snapshot by nobody. */
async function writeSealed(path: string, contents: Iterable<Buffer>, signal: AbortSignal): Promise<string> {
  const handle = await open(path, 'wx', 0o600)
  try {
    const sha256 = createHash('sha256')
    await handle.writeFile(digested(contents, sha256, signal))
    const sealed = seal(sha256.digest('hex'))
    await handle.write(sealed, 0)
    await handle.sync()
    return identityOf(await handle.stat({ bigint: true }), sealed)
  } finally {
    await handle.close()
  }
}

function* digested(contents: Iterable<Buffer>, sha256: Hash, signal: AbortSignal): Generator<Buffer> {
  yield Buffer.from(OPEN_SEAL)
  for (const piece of contents) {
    signal.throwIfAborted()
    sha256.update(piece)
    yield piece
  }
}

/** Makes the name last as its file does. Not every system can; those see to it themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close().catch(() => undefined)
}
