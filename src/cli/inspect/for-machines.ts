import { type SidecarSurvey, type SurveyedRow, stateOf, versionOf } from '../../layout/survey.ts'
import type { Finding } from './findings.ts'
import type { Look, RowLook } from './look.ts'

interface Verdict {
  readonly findings: readonly Finding[]
  readonly sound: boolean
  /** Whether every row is listed, or those only that findings name. */
  readonly items: 'listed' | 'counted'
  readonly now: number
}

/** The same as for people, whole and without words, as JSON. Members are added, never changed or taken away. */
export function lookAsJson({ name, prefix, maxRowBytes, survey }: Look, verdict: Verdict): string {
  const { findings, sound, items, now } = verdict
  return asJson({
    store: name,
    prefix,
    sound,
    findings: findings.map(({ row, ...finding }) => ({ ...finding, ...row })),
    initialized: survey.initialized,
    flags: survey.tallies.flag,
    segments: survey.tallies.segment,
    maxRowBytes,
    sidecar: sidecarFacts(survey.sidecar, now),
    ...(items === 'listed' && { items: survey.rows.map(rowFacts) }),
  })
}

export function rowsAsJson({ name, prefix, rows }: RowLook): string {
  return asJson({ store: name, prefix, rows: rows.map((row) => ({ ...rowFacts(row), text: row.text })) })
}

function sidecarFacts(found: SidecarSurvey, now: number): object {
  if (found.type !== 'readable') return found
  const { notice: _, digest: __, ...facts } = found.sidecar
  return { type: found.type, ...facts, ageMs: now - facts.savedAt, digest: found.digest }
}

function rowFacts(row: SurveyedRow): object {
  const { kind, key, bytes, decoded } = row
  const reason = decoded.type === 'unreadable' ? decoded.reason : undefined
  return { kind, key, version: versionOf(row), state: stateOf(row), bytes, reason }
}

function asJson(value: object): string {
  return JSON.stringify(value, null, 2)
}
