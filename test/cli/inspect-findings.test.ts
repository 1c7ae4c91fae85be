import { expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { findingsOf } from '../../src/cli/inspect/findings.ts'
import { surveyOf } from '../../src/cli/inspect/read-store.ts'
import { survey } from '../../src/layout/survey.ts'
import type { Row, StoredData } from '../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { ROWS, sidecarOf } from './inspecting.ts'

const flag = (text: string, version?: number): Row => ({
  kind: 'flag',
  key: 'a',
  text,
  ...(version !== undefined && { version }),
})
const SOUND: StoredData = { initialized: true, rows: ROWS, sidecar: sidecarOf(ROWS) }
const of = (data: StoredData, maxRowBytes?: number): string[] =>
  findingsOf({ survey: survey(data), ...(maxRowBytes !== undefined && { maxRowBytes }) }).map(
    ({ severity, code, row }) => [severity, code, row && `${row.kind} ${row.key}`].filter(Boolean).join(' '),
  )

it.each<[string, StoredData]>([
  ['what a writer of Halyard leaves', SOUND],
  ['what other software leaves: no sidecar', { initialized: true, rows: ROWS }],
  ['an environment without flags', { initialized: true, rows: [] }],
  [
    'tombstones of every shape',
    {
      initialized: true,
      rows: [
        flag('null', 3),
        flag('{"deleted":true}'),
        flag('{"version":1,"deleted":true,"key":"$deleted"}'),
      ],
    },
  ],
])('S89: finds nothing in %s', (_, data) => {
  expect(of(data)).toEqual([])
})

/** Returns the sidecar of these rows, with the numbers of written rows. */
const counting = (flags: number, tombstones: number): string =>
  JSON.stringify({ ...JSON.parse(sidecarOf(ROWS)), rows: { flags, segments: 0, tombstones } })

it.each<[string, StoredData, number]>([
  ['all rows', { ...SOUND, rows: [] }, 3],
  ['one row', { ...SOUND, rows: ROWS.slice(1) }, 3],
])('S89, S171: reports damage if %s are lost but the marker is not', (_, data, tombstones) => {
  const items = ROWS.length
  expect(of({ ...data, sidecar: counting(items, tombstones) })).toContain('damage rows-missing')
})

it('S89: accepts items that other software deleted', () => {
  const rows = [flag('{"key":"$deleted","version":9,"deleted":true}')]
  expect(of({ initialized: true, rows, sidecar: counting(1, 0) })).toEqual(['warning digest-differs'])
})

it.each<[string, StoredData, string]>([
  [
    'a row that is not JSON',
    { ...SOUND, rows: [flag('{')], sidecar: sidecarOf([flag('{')]) },
    'row-unreadable flag a',
  ],
  ['rows without the marker', { initialized: false, rows: ROWS }, 'marker-missing'],
  ['a sidecar without marker and rows', { ...SOUND, initialized: false, rows: [] }, 'rows-missing'],
  ['nothing at all', { initialized: false, rows: [] }, 'empty'],
  ['a sidecar that cannot be read', { ...SOUND, sidecar: '{"format":1}' }, 'sidecar-unreadable'],
])('S89: reports damage: %s', (_, data, code) => {
  expect(of(data)).toContain(`damage ${code}`)
})

it.each<[string, StoredData, string]>([
  ['a digest of other rows', { ...SOUND, rows: ROWS.slice(1) }, 'digest-differs'],
  ['a sidecar of a later format', { ...SOUND, sidecar: '{"format":2}' }, 'sidecar-other-format'],
  [
    'an object with another key',
    { initialized: true, rows: [flag('{"key":"b","version":1}')] },
    'key-differs flag a',
  ],
  [
    'an object with another version',
    { initialized: true, rows: [flag('{"version":1}', 2)] },
    'version-differs flag a',
  ],
  [
    'a tombstone with another version',
    { initialized: true, rows: [flag('{"version":1,"deleted":true}', 2)] },
    'version-differs flag a',
  ],
])('S89: reports a warning: %s', (_, data, code) => {
  expect(of(data)).toEqual([`warning ${code}`])
})

it('S89: warns about rows from 80 % of the size limit', () => {
  const data = { initialized: true, rows: [flag('{"version":1}')] } // 13 bytes
  expect(of(data)).toEqual([])
  expect(of(data, 17)).toEqual([])
  expect(of(data, 16)).toEqual(['warning row-near-limit flag a'])
  expect(of(data, 13)).toEqual(['warning row-near-limit flag a'])
  expect(of(data, 12)).toEqual(['warning row-over-limit flag a'])
})

it('S89: reports nothing but the damage of a damaged file', () => {
  const nothing = survey({ initialized: false, rows: [] })
  expect(findingsOf({ survey: nothing, fault: 'it is damaged' })).toMatchObject([{ code: 'file-damaged' }])
})

it('S89: lists damage before warnings', () => {
  const rows = [flag('{"key":"b","version":1}'), { ...flag('{'), key: 'c' }]
  expect(of({ initialized: true, rows })).toEqual([
    'damage row-unreadable flag c',
    'warning key-differs flag a',
  ])
})

it('S89: reads again if the digest differs, because a writer may have been active', async () => {
  const database = new MemoryDatabase()
  for (const row of ROWS) database.put(row)
  database.marker = true
  database.sidecar = sidecarOf(ROWS)
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const { store } = database.description().open({ clock: systemClock, random: () => 0, logger })
  const torn: StoredData[] = [{ ...SOUND, sidecar: sidecarOf(ROWS.slice(1)) }]
  const tearing = { ...store, readAll: async (signal: AbortSignal) => torn.pop() ?? store.readAll(signal) }
  const { signal } = new AbortController()
  expect((await surveyOf(tearing, signal)).sidecar).toMatchObject({ digest: 'matches' })

  database.put({ kind: 'flag', key: 'new', text: '{"version":1}' })
  database.calls.length = 0
  expect((await surveyOf(store, signal)).sidecar).toMatchObject({ digest: 'differs' })
  expect(database.calls).toEqual(['readAll', 'readAll'])
})
