import type { Clock } from '../../async/clock.ts'
import { paced } from '../../async/slices.ts'
import { type ItemKind, isKind, KINDS } from '../../model/change-set.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'

interface Line {
  readonly kind: ItemKind
  readonly key: string
  readonly text: Buffer
}

const NEWLINE = 10

/** Decodes the output of {@link encode}; returns `undefined` if it is malformed. The caller verifies the checksum first. */
export async function decode(bytes: Buffer, clock: Clock): Promise<SavedSnapshot | undefined> {
  const end = bytes.indexOf(NEWLINE)
  const value = tryParse(bytes.toString('utf8', 0, end))
  const header = readHeader(value)
  if (!header || !isJsonObject(value)) return undefined
  const rows = { flag: new Map<string, Buffer>(), segment: new Map<string, Buffer>() }
  for await (const line of paced(lines(bytes, end + 1), clock)) {
    if (!line) return undefined
    rows[line.kind].set(line.key, line.text)
  }
  const complete = value.flags === rows.flag.size && value.segments === rows.segment.size
  return complete ? { ...header, rows } : undefined
}

/** Returns the sidecar of a snapshot from its begin after the first line; `undefined` if it has none or is malformed. */
export function sidecarIn(head: Buffer): string | undefined {
  return readHeader(tryParse(head.toString('utf8', 0, Math.max(0, head.indexOf(NEWLINE)))))?.sidecar
}

/** Yields each row; ends with `undefined` at a malformed one. */
function* lines(bytes: Buffer, from: number): Generator<Line | undefined> {
  let at = from
  while (at < bytes.length) {
    const end = bytes.indexOf(NEWLINE, at)
    const [, kind, length, name] = /^(\w+) (\d+) (".*")$/s.exec(bytes.toString('utf8', at, end)) ?? []
    const key = tryParse(name)
    const next = end + 1 + Number(length)
    if (!isKind(kind) || typeof key !== 'string' || bytes[next] !== NEWLINE) return yield undefined
    yield { kind, key, text: bytes.subarray(end + 1, next) }
    at = next + 1
  }
}

function readHeader(value: unknown): SnapshotHeader | undefined {
  if (!isJsonObject(value)) return undefined
  const { savedAt, marker, fence, sidecar } = value
  if (typeof savedAt !== 'number' || typeof marker !== 'boolean' || typeof fence !== 'number')
    return undefined
  return { savedAt, marker, fence, ...(typeof sidecar === 'string' && { sidecar }) }
}

const CHUNK_BYTES = 256 * 1_024
const LINE_END = Buffer.from('\n')

/**
 * Yields everything after the first line, in chunks, so that a large snapshot does not block the event loop: a header line
 * in JSON, and for each row a line with its kind, length in bytes and key, its text, and a newline.
 */
export function* encode({ rows, ...header }: SavedSnapshot): Generator<Buffer> {
  const counts = { flags: rows.flag.size, segments: rows.segment.size }
  let parts: Buffer[] = [Buffer.from(`${JSON.stringify({ ...header, ...counts })}\n`)]
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

/** The texts of rows in UTF-8, by key. Rows that were read are slices of the file. */
export type RowTexts = Readonly<Record<ItemKind, ReadonlyMap<string, Buffer>>>

interface SnapshotHeader {
  /** Time of the write in milliseconds since the Unix epoch, by the clock of the writer. */
  readonly savedAt: number
  readonly marker: boolean
  /** The highest fencing token of any write, or 0. */
  readonly fence: number
  readonly sidecar?: string
}

export interface SavedSnapshot extends SnapshotHeader {
  readonly rows: RowTexts
}

export const EMPTY_SNAPSHOT: SavedSnapshot = {
  savedAt: 0,
  marker: false,
  fence: 0,
  rows: { flag: new Map(), segment: new Map() },
}

const FORMAT = 1
const FIRST_LINE = /^halyard-snapshot (\d) ([0-9a-f]{64})\n$/

/** The first line until the rest is written. A file that begins with it is never used. */
export const BLANK_FIRST_LINE: string = firstLine('0'.repeat(64)).replaceAll(/./g, ' ')

/** Length of the first line, which does not depend on its content, so that it can be written last. */
export const FIRST_LINE_BYTES: number = BLANK_FIRST_LINE.length

/** Returns the first line: the type of the file, the version of its format, and the SHA-256 of everything after it. */
export function firstLine(sha256: string): string {
  return `halyard-snapshot ${FORMAT} ${sha256}\n`
}

/** Recognizes the first line of a snapshot, complete or not. No other file may be replaced. */
export function looksLikeSnapshot(line: string): boolean {
  const blank = BLANK_FIRST_LINE.slice(0, line.length)
  const name = 'halyard-snapshot '
  return line.startsWith(name) || name.startsWith(line) || line === blank
}

export const HEAD_BYTES = 4_096

const HEADER_START = '{"savedAt":'

/**
 * Recognizes a damaged snapshot that {@link looksLikeSnapshot} does not recognize: it begins with zero bytes, as after
 * a power failure, or a header follows after the length of the first line.
 */
export function looksDamaged(head: Buffer): boolean {
  if (head.length > 0 && head.every((byte) => byte === 0)) return true
  return head.toString('latin1', FIRST_LINE_BYTES, FIRST_LINE_BYTES + HEADER_START.length) === HEADER_START
}

export function readFirstLine(
  line: string,
):
  | { readonly type: 'checksum'; readonly sha256: string }
  | { readonly type: 'fault'; readonly reason: string } {
  const [, format, sha256] = FIRST_LINE.exec(line) ?? []
  if (sha256 === undefined) return { type: 'fault', reason: reasonOf(line) }
  if (format !== String(FORMAT)) return { type: 'fault', reason: `it has format ${format}, not ${FORMAT}` }
  return { type: 'checksum', sha256 }
}

function reasonOf(line: string): string {
  if (line === '') return 'it is empty'
  return /^\0+$/.test(line) ? 'it is damaged: it begins with zero bytes' : 'it is not a snapshot'
}
