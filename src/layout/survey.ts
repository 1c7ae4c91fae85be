import { type ItemKind, KINDS } from '../model/change-set.ts'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { Row, StoredData } from '../model/persistent-store.ts'
import { Digest, hashRow } from './digest.ts'
import { type DecodedRow, decodeRow } from './row.ts'
import { readSidecar, SIDECAR_FORMAT, type Sidecar } from './sidecar.ts'

export interface SurveyedRow extends Row {
  readonly bytes: number
  readonly decoded: DecodedRow
}

export interface Tally {
  /** Number of rows that are neither deleted nor unreadable. */
  readonly items: number
  readonly on: number
  readonly tombstones: number
  readonly unreadable: number
  readonly bytes: number
  readonly versions?: { readonly lowest: number; readonly highest: number }
}

/** The state of the sidecar. `differs`: its digest is not that of the rows. */
export type SidecarSurvey =
  | { readonly type: 'absent' }
  | { readonly type: 'unreadable' }
  | { readonly type: 'otherFormat'; readonly format: number }
  | { readonly type: 'readable'; readonly sidecar: Sidecar; readonly digest: 'matches' | 'differs' }

export interface Survey {
  readonly initialized: boolean
  /** Flags first, each kind sorted by key. */
  readonly rows: readonly SurveyedRow[]
  readonly tallies: Readonly<Record<ItemKind, Tally>>
  readonly sidecar: SidecarSurvey
}

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

/** Returns the state of a row; `undefined` for a segment, which is neither on nor off. */
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

function formatOf(text: string): number | undefined {
  const value = tryParse(text)
  const format = isJsonObject(value) ? value.format : undefined
  return typeof format === 'number' && format !== SIDECAR_FORMAT ? format : undefined
}
