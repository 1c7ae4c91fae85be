import { type ItemKind, KINDS } from '../model/change-set.ts'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { Row, StoredData } from '../model/persistent-store.ts'
import { Digest, hashRow } from './digest.ts'
import { type DecodedRow, decodeRow } from './row.ts'
import { readSidecar, type Sidecar } from './sidecar.ts'

/** The only one {@link readSidecar} understands. */
const SIDECAR_FORMAT = 1

/** A row, and what it turned out to be. */
export interface SurveyedRow extends Row {
  /** Of the text alone, in UTF-8. */
  readonly bytes: number
  readonly decoded: DecodedRow
}

/** What the rows of one kind amount to. */
export interface Tally {
  /** Rows that are neither deleted nor unreadable. */
  readonly items: number
  /** Of these, the ones that are switched on; segments never are. */
  readonly on: number
  readonly tombstones: number
  readonly unreadable: number
  readonly bytes: number
  /** Of the items; absent where there are none. */
  readonly versions?: { readonly lowest: number; readonly highest: number }
}

/** Halyard's record beside the rows. `differs`: they are not the rows its digest was made of. */
export type SidecarSurvey =
  | { readonly type: 'absent' }
  | { readonly type: 'unreadable' }
  | { readonly type: 'otherFormat'; readonly format: number }
  | { readonly type: 'readable'; readonly sidecar: Sidecar; readonly digest: 'matches' | 'differs' }

/** What stored data amounts to. */
export interface Survey {
  /** Whether the marker is there. */
  readonly initialized: boolean
  /** Flags first, each kind in the order of its keys. */
  readonly rows: readonly SurveyedRow[]
  readonly tallies: Readonly<Record<ItemKind, Tally>>
  readonly sidecar: SidecarSurvey
}

/** Looks at everything a database holds, as a reader would, and judges nothing. */
export function survey({ initialized, rows, sidecar }: StoredData): Survey {
  const ofKind = (kind: ItemKind): SurveyedRow[] =>
    rows
      .filter((row) => row.kind === kind)
      .map(surveyRow)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
  const all = { flag: ofKind('flag'), segment: ofKind('segment') }
  return {
    initialized,
    rows: KINDS.flatMap((kind) => all[kind]),
    tallies: { flag: tally(all.flag), segment: tally(all.segment) },
    sidecar: surveySidecar(sidecar, rows),
  }
}

export function surveyRow(row: Row): SurveyedRow {
  return { ...row, bytes: Buffer.byteLength(row.text), decoded: decodeRow(row) }
}

/** In one word; `undefined` for a segment, which has no switch. */
export function stateOf({ kind, decoded }: SurveyedRow): 'on' | 'off' | 'deleted' | 'unreadable' | undefined {
  switch (decoded.type) {
    case 'item':
      if (kind === 'segment') return undefined
      return 'on' in decoded.item.object && decoded.item.object.on === true ? 'on' : 'off'
    case 'tombstone':
      return 'deleted'
    case 'unreadable':
      return 'unreadable'
    default:
      return decoded satisfies never
  }
}

/** Of the object or the tombstone; `undefined` where neither can be read. */
export function versionOf({ decoded }: SurveyedRow): number | undefined {
  switch (decoded.type) {
    case 'item':
      return decoded.item.version
    case 'tombstone':
      return decoded.version
    case 'unreadable':
      return undefined
    default:
      return decoded satisfies never
  }
}

function tally(rows: readonly SurveyedRow[]): Tally {
  const count = (type: DecodedRow['type']): number =>
    rows.filter(({ decoded }) => decoded.type === type).length
  const versions = rows.flatMap(({ decoded }) => (decoded.type === 'item' ? [decoded.item.version] : []))
  return {
    items: versions.length,
    on: rows.filter((row) => stateOf(row) === 'on').length,
    tombstones: count('tombstone'),
    unreadable: count('unreadable'),
    bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(versions.length > 0 && {
      versions: {
        lowest: versions.reduce((a, b) => Math.min(a, b)),
        highest: versions.reduce((a, b) => Math.max(a, b)),
      },
    }),
  }
}

function surveySidecar(text: string | undefined, rows: readonly Row[]): SidecarSurvey {
  if (text === undefined) return { type: 'absent' }
  const sidecar = readSidecar(text)
  if (!sidecar) {
    const format = formatOf(text)
    return format === undefined ? { type: 'unreadable' } : { type: 'otherFormat', format }
  }
  const digest = new Digest()
  for (const row of rows) digest.add(hashRow(row))
  return { type: 'readable', sidecar, digest: digest.toString() === sidecar.digest ? 'matches' : 'differs' }
}

/** The format of a sidecar that is not of ours; that of ours is no excuse for one that cannot be read. */
function formatOf(text: string): number | undefined {
  const value = tryParse(text)
  const format = isJsonObject(value) ? value.format : undefined
  return typeof format === 'number' && format !== SIDECAR_FORMAT ? format : undefined
}
