import { createHash } from 'node:crypto'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { RowName, StoreChange } from '../model/persistent-store.ts'
import type { Selector } from '../selector/selector.ts'

/** Halyard's record beside the rows, which allows a restart to resume with a delta instead of a full payload (D16). */
export interface Sidecar {
  /** The selector of the data. Without it, a restart cannot resume. */
  readonly selector?: Selector
  readonly environmentId?: string
  /** Identifies the environment without revealing its SDK key. */
  readonly keyFingerprint: string
  /** Changes with each full write and each writer, so that the revisions of one generation come from one process. */
  readonly generation: string
  readonly revision: number
  /** The notice of the last write, from which a polling reader learns which keys to read again. */
  readonly notice: string
  /** Time of the write in milliseconds since the Unix epoch, by the clock of the writer. */
  readonly savedAt: number
  /** The {@link Digest} of all rows. Empty if it is unknown. */
  readonly digest: string
  /** Numbers of rows without refused ones. Absent in sidecars of older versions. */
  readonly rows?: { readonly flags: number; readonly segments: number; readonly tombstones: number }
}

export const SIDECAR_FORMAT = 1

export function writeSidecar(sidecar: Sidecar): string {
  return JSON.stringify({ format: SIDECAR_FORMAT, ...sidecar })
}

/** Parses a sidecar; `undefined` for any other text or format. */
export function readSidecar(text: string | undefined): Sidecar | undefined {
  const value = tryParse(text)
  if (!isJsonObject(value) || value.format !== SIDECAR_FORMAT) return undefined
  const { selector, environmentId, keyFingerprint, generation, revision, notice, savedAt, digest, rows } =
    value
  if (typeof keyFingerprint !== 'string' || typeof generation !== 'string') return undefined
  if (typeof revision !== 'number' || typeof savedAt !== 'number') return undefined
  if (typeof notice !== 'string' || typeof digest !== 'string') return undefined
  return {
    ...(isSelector(selector) && { selector }),
    ...(typeof environmentId === 'string' && { environmentId }),
    keyFingerprint,
    generation,
    revision,
    notice,
    savedAt,
    digest,
    ...(isNumbers(rows) && { rows }),
  }
}

/** Returns a fingerprint of an SDK key: 16 hexadecimal digits, too short to reveal the key. */
export function fingerprint(sdkKey: string): string {
  return createHash('sha256').update(`halyard\0${sdkKey}`).digest('hex').slice(0, 16)
}

function isNumbers(value: unknown): value is NonNullable<Sidecar['rows']> {
  if (!isJsonObject(value)) return false
  return [value.flags, value.segments, value.tombstones].every((number) => typeof number === 'number')
}

function isSelector(value: unknown): value is Selector {
  if (!isJsonObject(value)) return false
  const { state, version, scope } = value
  return (
    typeof state === 'string' &&
    state !== '' &&
    typeof version === 'number' &&
    (scope === undefined || typeof scope === 'string')
  )
}

/** Adds the name of the database to a message, unless the message begins with its type already. */
export function withStoreName(name: string, message: string): string {
  const [kind = ''] = name.split(' ', 1)
  return message.startsWith(kind) ? message : `${name}: ${message}`
}

/** If a write has more keys, reading all rows again costs less than listing the keys. */
const MAX_KEYS = 200

/** Encodes which rows were written, for the readers of a change feed. */
export function writeNotice(rows: readonly RowName[]): string {
  const keys = (kind: RowName['kind']): string[] =>
    rows.filter((row) => row.kind === kind).map(({ key }) => key)
  const change: StoreChange =
    rows.length > MAX_KEYS
      ? { type: 'replaced' }
      : { type: 'changed', flags: keys('flag'), segments: keys('segment') }
  return JSON.stringify(change)
}

export const REPLACED: string = JSON.stringify({ type: 'replaced' } satisfies StoreChange)

/** Decodes a notice. An unknown text means that any row may have changed. */
export function readNotice(text: string): StoreChange {
  const value = tryParse(text)
  if (isJsonObject(value) && value.type === 'changed' && isKeys(value.flags) && isKeys(value.segments)) {
    return { type: 'changed', flags: value.flags, segments: value.segments }
  }
  return { type: 'replaced' }
}

function isKeys(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((key) => typeof key === 'string')
}

/**
 * Returns the change between two reads of the sidecar, or `undefined` if it is the same. The change is the notice if the
 * second sidecar is the next revision of the same generation; otherwise any row may have changed.
 */
export function changeBetween(
  before: string | undefined,
  after: string | undefined,
): StoreChange | undefined {
  if (after === before) return undefined
  const [first, second] = [readSidecar(before), readSidecar(after)]
  const isNext =
    first && second && second.generation === first.generation && second.revision === first.revision + 1
  return isNext ? readNotice(second.notice) : { type: 'replaced' }
}
