import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Clock } from '../../async/clock.ts'
import { StoreError } from '../../model/errors.ts'
import { hasCode } from './errors.ts'
import { decode, FIRST_LINE_BYTES, readFirstLine, type SavedSnapshot } from './format.ts'

/** What is there. `fault`: a file that is not to be believed, and why. */
export type SnapshotResult =
  | { readonly type: 'absent' }
  | { readonly type: 'fault'; readonly reason: string }
  | { readonly type: 'good'; readonly saved: SavedSnapshot }

const PIECE_BYTES = 256 * 1_024
/** Beyond this it is none of ours, and not to be read into memory. */
const MAX_BYTES = 1_024 ** 3

/** Reads a file whole, and believes nothing of it before its checksum. */
export async function readSnapshot(
  { handle, size, seal }: SnapshotFile,
  clock: Clock,
): Promise<SnapshotResult> {
  const sealed = readFirstLine(seal)
  if (sealed.type === 'fault') return sealed
  if (size > MAX_BYTES) return fault(`it is too large: ${size} bytes`)
  const sha256 = createHash('sha256')
  const bytes = Buffer.allocUnsafe(size - FIRST_LINE_BYTES)
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(PIECE_BYTES, bytes.length - at)
    const { bytesRead } = await handle.read(bytes, at, length, FIRST_LINE_BYTES + at)
    if (bytesRead === 0) return fault('it became shorter while it was read')
    sha256.update(bytes.subarray(at, at + bytesRead))
    at += bytesRead
  }
  if (sha256.digest('hex') !== sealed.sha256) return fault('it is damaged, its checksum is another')
  const saved = await decode(bytes, clock)
  return saved ? { type: 'good', saved } : fault('it cannot be understood, though its checksum is right')
}

function fault(reason: string): SnapshotResult {
  return { type: 'fault', reason }
}

/** A file that is open, and its first line. */
export interface SnapshotFile {
  readonly handle: FileHandle
  readonly size: number
  readonly seal: string
  /** Another for each file that was ever saved, and for one that somebody changed where it lies. */
  readonly identity: string
}

/** Does something with a file and closes it; `undefined` where there is none. Rejects with a system's error. */
export async function openForReading<T>(
  path: string,
  use: (file: SnapshotFile) => Promise<T>,
): Promise<T | undefined> {
  try {
    const stats = await stat(path)
    // Looked at before it is opened: a pipe would wait for somebody to write.
    if (!stats.isFile())
      throw new StoreError('refused', `it is ${stats.isDirectory() ? 'a folder' : 'no file'}`)
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_LINE_BYTES), 0, FIRST_LINE_BYTES, 0)
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
