import type { Framing } from '../plan.ts'

/** Many small pieces in one buffer, so that consecutive pieces are sent without a copy. */
export interface Frames {
  readonly framing: Framing
  readonly bytes: Buffer
  /** End of each piece. */
  readonly ends: readonly number[]
}

/** Size of the blocks that are written at once. */
const BLOCK = 256 * 1024

export function joinFrames(texts: Iterable<string>, framing: Framing): Frames {
  const pieces: Buffer[] = []
  const ends: number[] = []
  let length = 0
  for (const text of texts) {
    const piece = framing === 'flushed' ? httpChunk(text) : Buffer.from(text)
    pieces.push(piece)
    length += piece.length
    ends.push(length)
  }
  return { framing, bytes: Buffer.concat(pieces, length), ends }
}

/** Returns the first `count` pieces in blocks. */
export function* blocks({ bytes, ends }: Frames, count = ends.length): Generator<Buffer> {
  const end = ends[count - 1] ?? 0
  for (let from = 0; from < end; from += BLOCK) yield bytes.subarray(from, Math.min(end, from + BLOCK))
}

function httpChunk(text: string): Buffer {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}
