import { KINDS } from '../../model/change-set.ts'
import type { Saved } from './saved.ts'

const CHUNK_BYTES = 256 * 1_024
const LINE_END = Buffer.from('\n')

/**
 * Everything after the seal, in pieces, so that a large one blocks nobody: a line of facts, then for each row a line
 * with its kind, its length in bytes and its key, then its text as it is, then a newline.
 */
export function* encode({ rows, ...facts }: Saved): Generator<Buffer> {
  const counts = { flags: rows.flag.size, segments: rows.segment.size }
  let parts: Buffer[] = [Buffer.from(`${JSON.stringify({ ...facts, ...counts })}\n`)]
  let bytes = 0
  for (const kind of KINDS) {
    for (const [key, text] of rows[kind]) {
      parts.push(Buffer.from(`${kind} ${text.length} ${JSON.stringify(key)}\n`), text, LINE_END)
      bytes += text.length
      if (bytes < CHUNK_BYTES) continue
      yield Buffer.concat(parts)
      parts = []
      bytes = 0
    }
  }
  yield Buffer.concat(parts)
}
