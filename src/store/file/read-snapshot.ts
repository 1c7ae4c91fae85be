import { createHash } from 'node:crypto'
import type { Clock } from '../../async/clock.ts'
import { decode } from './decode.ts'
import type { OpenFile } from './open-for-reading.ts'
import type { Saved } from './saved.ts'
import { readSeal, SEAL_BYTES } from './seal.ts'

/** What is there. `fault`: a file that is not to be believed, and why. */
export type Finding =
  | { readonly type: 'absent' }
  | { readonly type: 'fault'; readonly reason: string }
  | { readonly type: 'good'; readonly saved: Saved }

const PIECE_BYTES = 256 * 1_024
/** Beyond this it is none of ours, and not to be read into memory. */
const MOST_BYTES = 1_024 ** 3

/** Reads a file whole, and believes nothing of it before its checksum. */
export async function readSnapshot({ handle, size, seal }: OpenFile, clock: Clock): Promise<Finding> {
  const sealed = readSeal(seal)
  if (sealed.type === 'fault') return sealed
  if (size > MOST_BYTES) return fault(`it is too large: ${size} bytes`)
  const sha256 = createHash('sha256')
  const bytes = Buffer.allocUnsafe(size - SEAL_BYTES)
  for (let at = 0; at < bytes.length; ) {
    const length = Math.min(PIECE_BYTES, bytes.length - at)
    const { bytesRead } = await handle.read(bytes, at, length, SEAL_BYTES + at)
    if (bytesRead === 0) return fault('it became shorter while it was read')
    sha256.update(bytes.subarray(at, at + bytesRead))
    at += bytesRead
  }
  if (sha256.digest('hex') !== sealed.sha256) return fault('it is damaged, its checksum is another')
  const saved = await decode(bytes, clock)
  return saved ? { type: 'good', saved } : fault('it cannot be understood, though its checksum is right')
}

function fault(reason: string): Finding {
  return { type: 'fault', reason }
}
