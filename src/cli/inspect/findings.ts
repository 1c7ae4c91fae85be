import type { SidecarSurvey, Survey, SurveyedRow } from '../../layout/survey.ts'
import type { RowName } from '../../model/persistent-store.ts'

/**
 * A problem of a store. `damage`: readers miss data that was written, and no software leaves a store in that state after a
 * completed write. `warning`: other software may cause it, or it does no harm yet.
 */
export interface Finding {
  readonly severity: 'damage' | 'warning'
  readonly code: FindingCode
  readonly message: string
  /** The row with the problem, if it concerns a single one. */
  readonly row?: RowName
}

type FindingCode =
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

interface InspectedContent {
  readonly survey: Survey
  readonly fault?: string
  readonly maxRowBytes?: number
}

const NEAR_LIMIT = 0.8

/** Returns damage first, then warnings. In each group, findings about the whole store precede those about single rows. */
export function findingsOf({ survey, fault, maxRowBytes = Infinity }: InspectedContent): readonly Finding[] {
  if (fault !== undefined) return [damage('file-damaged', `clients ignore this file: ${fault}`)]
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
    const why = 'the first full write is incomplete, or part of the data was lost'
    return [damage('marker-missing', `rows without a marker: ${why}`)]
  }
  if (sidecar.type !== 'absent') {
    return [damage('rows-missing', 'a sidecar without marker and rows: the data was lost')]
  }
  return [damage('empty', 'no data: nothing was written with this prefix, or it was lost')]
}

function ofSidecar(sidecar: SidecarSurvey): Finding[] {
  switch (sidecar.type) {
    case 'absent':
      return []
    case 'unreadable':
      return [damage('sidecar-unreadable', 'the sidecar is unreadable: a restart needs a full payload')]
    case 'otherFormat':
      return [
        warning(
          'sidecar-other-format',
          `the sidecar has format ${sidecar.format} of another version of Halyard`,
        ),
      ]
    case 'readable': {
      if (sidecar.digest === 'matches') return []
      const why = 'other software has written rows, or a row exceeds the size limit of the database'
      return [
        warning(
          'digest-differs',
          `the rows do not match the digest of the sidecar: ${why}; a restart needs a full payload`,
        ),
      ]
    }
    default:
      return sidecar satisfies never
  }
}

/** Rows that have become tombstones are not missing, because other software deletes items that way. */
function ofNumbers({ initialized, sidecar, tallies: { flag, segment } }: Survey): Finding[] {
  if (!initialized || sidecar.type !== 'readable' || !sidecar.sidecar.rows) return []
  const { flags, segments, tombstones } = sidecar.sidecar.rows
  const present = flag.items + flag.unreadable + segment.items + segment.unreadable
  const deleted = Math.max(0, flag.tombstones + segment.tombstones - tombstones)
  const missing = flags + segments - present - deleted
  if (missing <= 0) return []
  const message = `${missing} of ${flags + segments} written rows are missing`
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
          : [warning('key-differs', 'its object contains another key, which some SDKs use', row)]),
        ...(own === (version ?? own) ? [] : [versionDiffers(own, version, row)]),
      ]
    }
    default:
      return decoded satisfies never
  }
}

function versionDiffers(inside: number, beside: number | undefined, row: RowName): Finding {
  return warning('version-differs', `its object contains version ${inside}, the database ${beside}`, row)
}

function ofSize({ bytes, ...row }: SurveyedRow, limit: number): Finding[] {
  if (bytes > limit)
    return [warning('row-over-limit', `its size of ${bytes} bytes exceeds the limit of ${limit}`, row)]
  if (bytes < limit * NEAR_LIMIT) return []
  return [warning('row-near-limit', `its size of ${bytes} bytes is near the limit of ${limit}`, row)]
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
