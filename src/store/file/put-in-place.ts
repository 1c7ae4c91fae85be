import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { discard, temporaryBeside } from './temporary.ts'

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
