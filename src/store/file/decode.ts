import type { Clock } from '../../async/clock.ts'
import { isKind, type Kind } from '../../model/change-set.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'
import { paced } from './pace.ts'
import type { Facts, Saved } from './saved.ts'

interface Line {
  readonly kind: Kind
  readonly key: string
  readonly text: Buffer
}

const NEWLINE = 10

/** Reads what {@link encode} wrote; `undefined` where it was something else. The checksum must have been compared. */
export async function decode(bytes: Buffer, clock: Clock): Promise<Saved | undefined> {
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

function readFacts(value: unknown): Facts | undefined {
  if (!isJsonObject(value)) return undefined
  const { savedAt, marker, fence, sidecar } = value
  if (typeof savedAt !== 'number' || typeof marker !== 'boolean' || typeof fence !== 'number')
    return undefined
  return { savedAt, marker, fence, ...(typeof sidecar === 'string' && { sidecar }) }
}
