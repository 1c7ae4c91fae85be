import {
  type SidecarSurvey,
  type Survey,
  type SurveyedRow,
  stateOf,
  type Tally,
  versionOf,
} from '../../layout/survey.ts'
import { tryParse } from '../../model/json.ts'
import { counted, printable } from '../../model/text.ts'
import type { Finding } from './findings.ts'
import type { Look, Place } from './look.ts'
import { ago, inBytes, inTime, quoted, shortened, table } from './words.ts'

const BIGGEST = 5
/** Beyond this many findings of a severity the rest is counted. */
const MOST_FINDINGS = 20

/** A page about a store. */
export function describeLook(look: Look, findings: readonly Finding[], now: number): string {
  const { fault, survey } = look
  const facts = fault === undefined ? table([...describePrefix(look), ...factsOf(survey, now)]) : []
  return [printable(look.name), ...section(facts), ...section(describeFindings(findings))].join('\n')
}

function describePrefix({ prefix }: Place): string[][] {
  return prefix === undefined ? [] : [['Prefix', prefix === '' ? 'none' : quoted(prefix)]]
}

function factsOf({ initialized, rows, tallies, sidecar }: Survey, now: number): string[][] {
  const { flag, segment } = tallies
  const switches = flag.items > 0 ? ` (${flag.on} on, ${flag.items - flag.on} off)` : ''
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  return [
    ['Marker', initialized ? 'there' : 'missing'],
    ['Flags', describeTally(flag, switches)],
    ['Segments', describeTally(segment)],
    ['Tombstones', String(flag.tombstones + segment.tombstones)],
    ['Size', `${inBytes(bytes)} in ${counted(rows.length, 'row')}`],
    ...biggest(rows),
    ...describeSidecar(sidecar, now),
  ]
}

/** One line for each row: what it is, its version, whether it is on, its size. */
export function describeItems(rows: readonly SurveyedRow[]): string {
  const lines = rows.map((row) => [
    row.kind,
    quoted(row.key),
    versionOf(row) ?? '-',
    stateOf(row) ?? '-',
    row.bytes,
  ])
  return table([['KIND', 'KEY', 'VERSION', 'STATE', 'BYTES'], ...lines]).join('\n')
}

/** A row with its text: laid out where it is JSON, as it is where it is not. */
export function describeRow(row: SurveyedRow): string {
  const value = tryParse(row.text)
  const text = value === undefined ? row.text : JSON.stringify(value, null, 2)
  const version = versionOf(row)
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
    .slice(0, BIGGEST)
    .map(({ kind, key, bytes }, index) => [
      index === 0 ? 'Biggest' : '',
      `${inBytes(bytes)}, ${kind} ${quoted(key)}`,
    ])
}

function describeSidecar(found: SidecarSurvey, now: number): string[][] {
  if (found.type === 'absent') return [['Sidecar', 'none: no writer of Halyard finished here']]
  if (found.type === 'unreadable') return [['Sidecar', 'unreadable']]
  if (found.type === 'otherFormat') return [['Sidecar', `of format ${found.format}`]]
  const { selector, environmentId, keyFingerprint, generation, revision, savedAt } = found.sidecar
  return [
    ['Sidecar', `revision ${revision} of generation ${shortened(generation)}`],
    ['Saved', `${inTime(savedAt)}, ${ago(now - savedAt)}`],
    [
      'Selector',
      selector
        ? `${shortened(selector.state)}, version ${selector.version}`
        : 'none: it cannot be resumed from',
    ],
    ['SDK key', `fingerprint ${shortened(keyFingerprint)}`],
    ...(environmentId === undefined ? [] : [['Environment', shortened(environmentId)]]),
    ['Digest', found.digest === 'matches' ? 'matches the rows' : 'is not that of the rows'],
  ]
}

function describeFindings(findings: readonly Finding[]): string[] {
  return (['damage', 'warning'] as const).flatMap((severity) => {
    const all = findings.filter((finding) => finding.severity === severity)
    const lines = all.slice(0, MOST_FINDINGS).map(({ message, row }) => {
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
