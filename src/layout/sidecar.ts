import { createHash } from 'node:crypto'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { RowName, StoreChange } from '../model/persistent-store.ts'
import type { Selector } from '../selector/selector.ts'

/** Halyard's record beside the rows: what they are, so that a restart costs a delta and not everything (D16). */
export interface Sidecar {
  /** Where the rows stand in the history of their environment. Absent: they cannot be resumed from. */
  readonly selector?: Selector
  /** What the service calls the environment, where it says so. */
  readonly environmentId?: string
  /** Tells environments apart without giving the key away. */
  readonly keyFingerprint: string
  /** Another with each full write, and with each writer: revisions of one generation are counted by one. */
  readonly generation: string
  /** Grows by one with each write of a generation. */
  readonly revision: number
  /** The most recent notice, so that whoever looks at revisions learns which keys to read again. */
  readonly notice: string
  /** Milliseconds since the Unix epoch, by the writer's clock. */
  readonly savedAt: number
  /** Of all rows, as {@link Digest} says it. */
  readonly digest: string
  /** Numbers of rows, without those that the database refused. Absent in sidecars of older versions. */
  readonly rows?: { readonly flags: number; readonly segments: number; readonly tombstones: number }
}

const FORMAT = 1

export function writeSidecar(sidecar: Sidecar): string {
  return JSON.stringify({ format: FORMAT, ...sidecar })
}

/** `undefined` for anything but a sidecar of this format: it is not ours to judge, so nothing is resumed. */
export function readSidecar(text: string | undefined): Sidecar | undefined {
  const value = tryParse(text)
  if (!isJsonObject(value) || value.format !== FORMAT) return undefined
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

/** Short enough that it gives nothing of the key away, long enough to tell two apart. */
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

/** What a database is blamed for, with its name once: most errors begin with it, if not always as exactly. */
export function withStoreName(name: string, message: string): string {
  const [kind = ''] = name.split(' ', 1)
  return message.startsWith(kind) ? message : `${name}: ${message}`
}

/** Beyond this many keys it costs less to read everything anew than to name them. */
const MAX_KEYS = 200

/** Says which rows were written, for readers that listen. */
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

/** What is not understood may mean anything. */
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
 * What was written between two looks at the sidecar, `undefined` where it is the same: what its notice says, if it is the
 * next revision of a generation. Otherwise anything may differ.
 */
export function changeBetween(
  before: string | undefined,
  after: string | undefined,
): StoreChange | undefined {
  if (after === before) return undefined
  const [was, is] = [readSidecar(before), readSidecar(after)]
  const follows = was && is && is.generation === was.generation && is.revision === was.revision + 1
  return follows ? readNotice(is.notice) : { type: 'replaced' }
}
