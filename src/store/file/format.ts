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

/** Reads what {@link encode} wrote; `undefined` where it was something else. The checksum must have been compared. */
export async function decode(bytes: Buffer, clock: Clock): Promise<SavedSnapshot | undefined> {
  const end = bytes.indexOf(NEWLINE)
  const value = tryParse(bytes.toString('utf8', 0, end))
  const facts = readFacts(value)
  if (!facts || !isJsonObject(value)) return undefined
  const rows = { flag: new Map<string, Buffer>(), segment: new Map<string, Buffer>() }
  for await (const line of paced(lines(bytes, end + 1), clock)) {
    if (!line) return undefined
    rows[line.kind].set(line.key, line.text)
  }
  const complete = value.flags === rows.flag.size && value.segments === rows.segment.size
  return complete ? { ...facts, rows } : undefined
}

/** Each row; `undefined`, and then nothing more, where there is none to be read. */
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

function readFacts(value: unknown): SnapshotHeader | undefined {
  if (!isJsonObject(value)) return undefined
  const { savedAt, marker, fence, sidecar } = value
  if (typeof savedAt !== 'number' || typeof marker !== 'boolean' || typeof fence !== 'number')
    return undefined
  return { savedAt, marker, fence, ...(typeof sidecar === 'string' && { sidecar }) }
}

const CHUNK_BYTES = 256 * 1_024
const LINE_END = Buffer.from('\n')

/**
 * Everything after the seal, in pieces, so that a large one blocks nobody: a line of facts, then for each row a line
 * with its kind, its length in bytes and its key, then its text as it is, then a newline.
 */
export function* encode({ rows, ...facts }: SavedSnapshot): Generator<Buffer> {
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

/** Texts of rows as bytes: slices of the file that was read, or what is to be written in their place. */
export type RowTexts = Readonly<Record<ItemKind, ReadonlyMap<string, Buffer>>>

/** What a file says beside its rows. */
interface SnapshotHeader {
  /** Milliseconds since the Unix epoch, by the writer's clock. */
  readonly savedAt: number
  /** Whether a full write was finished. */
  readonly marker: boolean
  /** The greatest fence of any write; 0 where there was none. */
  readonly fence: number
  readonly sidecar?: string
}

/** What a file holds. */
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

/** What the first line is until the rest is written: no file that looks like this is ever believed. */
export const BLANK_FIRST_LINE: string = firstLine('0'.repeat(64)).replaceAll(/./g, ' ')

/** How long the first line is, whatever it seals: that lets it be written last. */
export const FIRST_LINE_BYTES: number = BLANK_FIRST_LINE.length

/** The first line: what the file is, and the SHA-256 of everything after it. */
export function firstLine(sha256: string): string {
  return `halyard-snapshot ${FORMAT} ${sha256}\n`
}

/** Whether a file may once have been a snapshot, whole or not: only such a file is ours to replace. */
export function looksLikeSnapshot(line: string): boolean {
  const begun = BLANK_FIRST_LINE.slice(0, line.length)
  const name = 'halyard-snapshot '
  return line.startsWith(name) || name.startsWith(line) || line === begun
}

/** How many bytes at the beginning of a file {@link looksDamaged} needs. */
export const HEAD_BYTES = 4_096

/** The facts that follow the first line of every snapshot begin like this. */
const FACTS = '{"savedAt":'

/**
 * Returns whether a file that {@link looksLikeSnapshot} does not recognize is a snapshot that was damaged: it begins with zero bytes,
 * as after a power failure, or its first line is damaged and the facts follow where they always do. No other file looks so.
 */
export function looksDamaged(head: Buffer): boolean {
  if (head.length > 0 && head.every((byte) => byte === 0)) return true
  return head.toString('latin1', FIRST_LINE_BYTES, FIRST_LINE_BYTES + FACTS.length) === FACTS
}

/** Reads the first line. */
export function readFirstLine(
  line: string,
):
  | { readonly type: 'sealed'; readonly sha256: string }
  | { readonly type: 'fault'; readonly reason: string } {
  const [, format, sha256] = FIRST_LINE.exec(line) ?? []
  if (sha256 === undefined) return { type: 'fault', reason: reasonOf(line) }
  if (format !== String(FORMAT)) return { type: 'fault', reason: `it has format ${format}, not ${FORMAT}` }
  return { type: 'sealed', sha256 }
}

function reasonOf(line: string): string {
  if (line === '') return 'it is empty'
  return /^\0+$/.test(line) ? 'it is damaged: it begins with zero bytes' : 'it is no snapshot'
}
