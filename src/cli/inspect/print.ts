import { versionOf } from '../../layout/row.ts'
import {
  type SidecarSurvey,
  type Survey,
  type SurveyedRow,
  stateOf,
  type Tally,
} from '../../layout/survey.ts'
import { tryParse } from '../../model/json.ts'
import { counted, printable } from '../../model/text.ts'
import type { Finding } from './findings.ts'
import { ago, asJson, inBytes, inTime, quoted, shortened, table } from './format.ts'
import type { BigSegmentsSurvey, InspectedPlace, KeyInspection, StoreInspection } from './read-store.ts'

const MAX_BIGGEST = 5
const MAX_FINDINGS = 20

export function describeStore(
  inspection: StoreInspection,
  findings: readonly Finding[],
  now: number,
): string {
  const { fault, survey, bigSegments } = inspection
  const facts = [
    ...describePrefix(inspection),
    ...factsOf(survey, now),
    ...describeBigSegments(bigSegments, now),
  ]
  const lines = fault === undefined ? table(facts) : []
  return [printable(inspection.name), ...section(lines), ...section(describeFindings(findings))].join('\n')
}

function describePrefix({ prefix }: InspectedPlace): string[][] {
  return prefix === undefined ? [] : [['Prefix', prefix === '' ? 'none' : quoted(prefix)]]
}

function factsOf({ initialized, rows, tallies, sidecar }: Survey, now: number): string[][] {
  const { flag, segment } = tallies
  const switches = flag.items > 0 ? ` (${flag.on} on, ${flag.items - flag.on} off)` : ''
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  return [
    ['Marker', initialized ? 'present' : 'missing'],
    ['Flags', describeTally(flag, switches)],
    ['Segments', describeTally(segment)],
    ['Tombstones', String(flag.tombstones + segment.tombstones)],
    ['Size', `${inBytes(bytes)} in ${counted(rows.length, 'row')}`],
    ...biggest(rows),
    ...describeSidecar(sidecar, now),
  ]
}

/** Returns a table of all rows with kind, key, version, state and size. */
export function describeItems(rows: readonly SurveyedRow[]): string {
  const lines = rows.map((row) => [
    row.kind,
    quoted(row.key),
    versionOf(row.decoded) ?? '-',
    stateOf(row) ?? '-',
    row.bytes,
  ])
  return table([['KIND', 'KEY', 'VERSION', 'STATE', 'BYTES'], ...lines]).join('\n')
}

export function describeRow(row: SurveyedRow): string {
  const value = tryParse(row.text)
  const text = value === undefined ? row.text : JSON.stringify(value, null, 2)
  const version = versionOf(row.decoded)
  const facts = [version !== undefined && `version ${version}`, stateOf(row), inBytes(row.bytes)]
  return `${row.kind} ${quoted(row.key)}: ${facts.filter(Boolean).join(', ')}\n${printable(text)}`
}

function describeTally({ items, versions, unreadable, bytes }: Tally, switches = ''): string {
  const facts = [
    `${items}${switches}`,
    versions && describeVersions(versions),
    bytes > 0 && inBytes(bytes),
    unreadable > 0 && `${unreadable} more unreadable`,
  ]
  return facts.filter(Boolean).join(', ')
}

function describeVersions({ lowest, highest }: NonNullable<Tally['versions']>): string {
  return lowest === highest ? `version ${lowest}` : `versions ${lowest} to ${highest}`
}

function biggest(rows: readonly SurveyedRow[]): string[][] {
  return rows
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MAX_BIGGEST)
    .map(({ kind, key, bytes }, index) => [
      index === 0 ? 'Biggest' : '',
      `${inBytes(bytes)}, ${kind} ${quoted(key)}`,
    ])
}

function describeSidecar(found: SidecarSurvey, now: number): string[][] {
  if (found.type === 'absent') return [['Sidecar', 'none: no writer of Halyard has completed a write']]
  if (found.type === 'unreadable') return [['Sidecar', 'unreadable']]
  if (found.type === 'otherFormat') return [['Sidecar', `unknown format ${found.format}`]]
  const { selector, environmentId, keyFingerprint, generation, revision, savedAt } = found.sidecar
  return [
    ['Sidecar', `revision ${revision} of generation ${shortened(generation)}`],
    ['Saved', `${inTime(savedAt)}, ${ago(now - savedAt)}`],
    [
      'Selector',
      selector
        ? `${shortened(selector.state)}, version ${selector.version}`
        : 'none: a restart needs a full payload',
    ],
    ['SDK key', `fingerprint ${shortened(keyFingerprint)}`],
    ...(environmentId === undefined ? [] : [['Environment', shortened(environmentId)]]),
    ['Digest', found.digest === 'matches' ? 'matches the rows' : 'differs from the rows'],
  ]
}

function describeBigSegments(found: BigSegmentsSurvey | undefined, now: number): string[][] {
  if (!found) return []
  if (found.type === 'unreadable') return [['Big segments', `not readable: ${printable(found.reason)}`]]
  const { synchronizedOn } = found
  return [['Big segments', `synchronized ${inTime(synchronizedOn)}, ${ago(now - synchronizedOn)}`]]
}

function describeFindings(findings: readonly Finding[]): string[] {
  return (['damage', 'warning'] as const).flatMap((severity) => {
    const all = findings.filter((finding) => finding.severity === severity)
    const lines = all.slice(0, MAX_FINDINGS).map(({ message, row }) => {
      const about = row ? `${row.kind} ${quoted(row.key)}: ` : ''
      return `${severity}: ${about}${message}`
    })
    const more = all.length - lines.length
    return more > 0 ? [...lines, `${severity}: and ${more} more`] : lines
  })
}

function section(lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', ...lines] : []
}

interface ReportOptions {
  readonly findings: readonly Finding[]
  readonly sound: boolean
  /** `listed`: the report contains every row. */
  readonly items: 'listed' | 'counted'
  readonly now: number
}

/** Returns the facts and findings as JSON. New versions may add members, but never change or remove any. */
export function storeAsJson(
  { name, prefix, maxRowBytes, survey, bigSegments }: StoreInspection,
  options: ReportOptions,
): string {
  const { findings, sound, items, now } = options
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
    bigSegments:
      bigSegments?.type === 'synchronized'
        ? { ...bigSegments, ageMs: now - bigSegments.synchronizedOn }
        : bigSegments,
    ...(items === 'listed' && { items: survey.rows.map(rowFacts) }),
  })
}

export function rowsAsJson({ name, prefix, rows }: KeyInspection): string {
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
  return { kind, key, version: versionOf(row.decoded), state: stateOf(row), bytes, reason }
}
