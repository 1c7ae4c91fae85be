import type { SidecarSurvey, Survey, SurveyedRow } from '../../layout/survey.ts'
import type { RowName } from '../../model/persistent-store.ts'

/**
 * Something that is not as it should be. `damage`: readers get less than was written, and no software leaves a store like
 * that when its work is done. `warning`: other software may cause it, or it is no harm yet.
 */
export interface Finding {
  readonly severity: 'damage' | 'warning'
  readonly code: FindingCode
  readonly message: string
  /** The row it is about, where it is about one. */
  readonly row?: RowName
}

export type FindingCode =
  | 'file-damaged'
  | 'empty'
  | 'marker-missing'
  | 'rows-missing'
  | 'row-unreadable'
  | 'row-near-limit'
  | 'row-over-limit'
  | 'key-differs'
  | 'version-differs'
  | 'sidecar-unreadable'
  | 'sidecar-other-format'
  | 'digest-differs'

export interface Judged {
  readonly survey: Survey
  readonly fault?: string
  readonly maxRowBytes?: number
}

/** From here on a row is near its limit: the next edit may be the one that no longer fits. */
const NEAR = 0.8

/** Damage first, then warnings; of each, the whole first, then row by row. */
export function findingsOf({ survey, fault, maxRowBytes = Infinity }: Judged): readonly Finding[] {
  if (fault !== undefined) return [damage('file-damaged', `no client uses this file: ${fault}`)]
  const findings = [
    ...ofMarker(survey),
    ...ofSidecar(survey.sidecar),
    ...ofNumbers(survey),
    ...survey.rows.flatMap((row) => [...ofContent(row), ...ofSize(row, maxRowBytes)]),
  ]
  return [
    ...findings.filter(({ severity }) => severity === 'damage'),
    ...findings.filter(({ severity }) => severity === 'warning'),
  ]
}

function ofMarker({ initialized, rows, sidecar }: Survey): Finding[] {
  if (initialized) return []
  if (rows.length > 0) {
    const why = 'the first full write was not finished, or part of the data was lost'
    return [damage('marker-missing', `there are rows and no marker: ${why}`)]
  }
  if (sidecar.type !== 'absent') {
    return [damage('rows-missing', 'there is a sidecar, but no marker and no row: the data was lost')]
  }
  return [damage('empty', 'nothing is here: nothing was written under this prefix yet, or it was lost')]
}

function ofSidecar(sidecar: SidecarSurvey): Finding[] {
  switch (sidecar.type) {
    case 'absent':
      return []
    case 'unreadable':
      return [damage('sidecar-unreadable', 'the sidecar cannot be read: a restart costs a full payload')]
    case 'otherFormat':
      return [
        warning(
          'sidecar-other-format',
          `the sidecar has format ${sidecar.format}, of another version of Halyard`,
        ),
      ]
    case 'readable': {
      if (sidecar.digest === 'matches') return []
      const why = 'somebody else has written, or a row was too big for the database'
      return [
        warning(
          'digest-differs',
          `the rows are not those of the sidecar: ${why}; a restart costs a full payload`,
        ),
      ]
    }
    default:
      return sidecar satisfies never
  }
}

/** Rows that became tombstones since are not missing: other software deletes items like that. */
function ofNumbers({ initialized, sidecar, tallies: { flag, segment } }: Survey): Finding[] {
  if (!initialized || sidecar.type !== 'readable' || !sidecar.sidecar.rows) return []
  const { flags, segments, tombstones } = sidecar.sidecar.rows
  const held = flag.items + flag.unreadable + segment.items + segment.unreadable
  const deleted = Math.max(0, flag.tombstones + segment.tombstones - tombstones)
  const missing = flags + segments - held - deleted
  if (missing <= 0) return []
  const message = `${missing} of the ${flags + segments} rows that were written are gone`
  return [damage('rows-missing', message)]
}

function ofContent({ decoded, version, ...row }: SurveyedRow): Finding[] {
  switch (decoded.type) {
    case 'unreadable':
      return [damage('row-unreadable', decoded.reason, row)]
    case 'tombstone':
      return decoded.version === (version ?? decoded.version)
        ? []
        : [versionDiffers(decoded.version, version, row)]
    case 'item': {
      const { object, version: own } = decoded.item
      return [
        ...(object.key === undefined || object.key === row.key
          ? []
          : [warning('key-differs', 'its object says another key, which some SDKs go by', row)]),
        ...(own === (version ?? own) ? [] : [versionDiffers(own, version, row)]),
      ]
    }
    default:
      return decoded satisfies never
  }
}

function versionDiffers(inside: number, beside: number | undefined, row: RowName): Finding {
  return warning('version-differs', `its object says version ${inside}, the database ${beside}`, row)
}

function ofSize({ bytes, ...row }: SurveyedRow, limit: number): Finding[] {
  if (bytes > limit)
    return [warning('row-over-limit', `it has ${bytes} bytes, and the limit is ${limit}`, row)]
  if (bytes < limit * NEAR) return []
  return [warning('row-near-limit', `it has ${bytes} bytes of at most ${limit}`, row)]
}

function damage(code: FindingCode, message: string, row?: RowName): Finding {
  return { severity: 'damage', code, message, ...nameOf(row) }
}

function warning(code: FindingCode, message: string, row?: RowName): Finding {
  return { severity: 'warning', code, message, ...nameOf(row) }
}

function nameOf(row: RowName | undefined): { readonly row?: RowName } {
  return row ? { row: { kind: row.kind, key: row.key } } : {}
}
