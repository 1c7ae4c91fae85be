import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { StoreError } from '../../model/errors.ts'
import { hasCode } from './errors.ts'
import { SEAL_BYTES } from './seal.ts'

/** A file that is open, and its first line. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly size: number
  readonly seal: string
  /** Another for each file that was ever saved, and for one that somebody changed where it lies. */
  readonly identity: string
}

/** Does something with a file and closes it; `undefined` where there is none. Rejects with a system's error. */
export async function openForReading<T>(
  path: string,
  use: (file: OpenFile) => Promise<T>,
): Promise<T | undefined> {
  try {
    const stats = await stat(path)
    // Looked at before it is opened: a pipe would wait for somebody to write.
    if (!stats.isFile())
      throw new StoreError('refused', `it is ${stats.isDirectory() ? 'a folder' : 'no file'}`)
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SEAL_BYTES), 0, SEAL_BYTES, 0)
      const seal = buffer.toString('latin1', 0, bytesRead)
      const found = await handle.stat({ bigint: true })
      return await use({ handle, size: Number(found.size), seal, identity: identityOf(found, seal) })
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * The seal is in it because file systems give the number of a file that is gone to the next one, and their time of
 * change is coarse. When a file was renamed is not in it: that is known only afterwards.
 */
export function identityOf({ dev, ino, mtimeNs, size }: BigIntStats, seal: string): string {
  return [dev, ino, mtimeNs, size, seal].join(':')
}
