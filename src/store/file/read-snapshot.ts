import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Clock } from '../../async/clock.ts'
import { StoreError } from '../../model/errors.ts'
import { hasCode } from './errors.ts'
import { decode, FIRST_LINE_BYTES, readFirstLine, type SavedSnapshot } from './format.ts'

/** The result of reading a snapshot. `fault`: the file exists but cannot be used. */
export type SnapshotResult =
  | { readonly type: 'absent' }
  | { readonly type: 'fault'; readonly reason: string }
  | { readonly type: 'valid'; readonly saved: SavedSnapshot }

const CHUNK_BYTES = 256 * 1_024
/** Largest size of a snapshot, in bytes: a larger file is not read into memory. */
const MAX_BYTES = 1_024 ** 3

/** Reads a whole snapshot and verifies its checksum before it decodes anything. */
export async function readSnapshot(
  { handle, size, firstLine }: SnapshotFile,
  clock: Clock,
): Promise<SnapshotResult> {
  const first = readFirstLine(firstLine)
  if (first.type === 'fault') return first
  if (size > MAX_BYTES) return fault(`it is too large: ${size} bytes`)
  const sha256 = createHash('sha256')
  const bytes = Buffer.allocUnsafe(size - FIRST_LINE_BYTES)
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(CHUNK_BYTES, bytes.length - at)
    const { bytesRead } = await handle.read(bytes, at, length, FIRST_LINE_BYTES + at)
    if (bytesRead === 0) return fault('it became shorter while it was read')
    sha256.update(bytes.subarray(at, at + bytesRead))
    at += bytesRead
  }
  if (sha256.digest('hex') !== first.sha256) return fault('it is damaged: its checksum does not match')
  const saved = await decode(bytes, clock)
  return saved ? { type: 'valid', saved } : fault('it is malformed, although its checksum matches')
}

function fault(reason: string): SnapshotResult {
  return { type: 'fault', reason }
}

interface SnapshotFile {
  readonly handle: FileHandle
  readonly size: number
  readonly firstLine: string
  /** Differs for every saved file, and if a file is changed in place. */
  readonly identity: string
}

/** Opens a file, calls `use`, and closes it. Returns `undefined` if the file does not exist; rejects with system errors. */
export async function openForReading<T>(
  path: string,
  use: (file: SnapshotFile) => Promise<T>,
): Promise<T | undefined> {
  try {
    const stats = await stat(path)
    // Before the file is opened, because opening a pipe waits for a writer.
    if (!stats.isFile())
      throw new StoreError('refused', `it is ${stats.isDirectory() ? 'a folder' : 'not a file'}`)
    const handle = await open(path, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(FIRST_LINE_BYTES), 0, FIRST_LINE_BYTES, 0)
      const firstLine = buffer.toString('latin1', 0, bytesRead)
      const found = await handle.stat({ bigint: true })
      return await use({
        handle,
        size: Number(found.size),
        firstLine,
        identity: identityOf(found, firstLine),
      })
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Returns the identity of a file. It includes the first line, because file systems reuse inode numbers and have coarse
 * modification times. It does not include `ctime`, which a rename changes.
 */
export function identityOf({ dev, ino, mtimeNs, size }: BigIntStats, firstLine: string): string {
  return [dev, ino, mtimeNs, size, firstLine].join(':')
}
