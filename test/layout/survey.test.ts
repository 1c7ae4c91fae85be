import fc from 'fast-check'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { Digest, hashRow } from '../../src/layout/digest.ts'
import { versionOf } from '../../src/layout/row.ts'
import { REPLACED, writeSidecar } from '../../src/layout/sidecar.ts'
import { stateOf, survey, surveyRow } from '../../src/layout/survey.ts'
import type { ItemKind } from '../../src/model/change-set.ts'
import type { Row, StoredData } from '../../src/model/persistent-store.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'

const row = (kind: ItemKind, key: string, text: string): Row => ({ kind, key, text })
const logger = { debug() {}, info() {}, warn() {}, error() {} }

function sidecarOf(rows: readonly Row[]): string {
  const digest = new Digest()
  for (const each of rows) digest.add(hashRow(each))
  const facts = { keyFingerprint: 'f', generation: 'g', revision: 1, notice: REPLACED, savedAt: 0 }
  return writeSidecar({ ...facts, digest: digest.toString() })
}

function readAll(database: MemoryDatabase): Promise<StoredData> {
  const { store } = database.description().open({ clock: systemClock, random: () => 0, logger })
  return store.readAll(new AbortController().signal)
}

it('S88: counts rows as a reader decodes them', async () => {
  const database = new MemoryDatabase()
  database.marker = true
  database.put(row('flag', 'b', '{"version":3,"on":true}'))
  database.put(row('flag', 'a', '{"version":12,"on":false,"name":"ä"}'))
  database.put(row('flag', '__proto__', '{"version":5}'))
  database.put(row('flag', 'gone', '{"version":40,"deleted":true}'))
  database.put(row('flag', 'bad', '{"version'))
  database.put(row('segment', 'a', '{"version":1,"on":true}'))
  const found = survey(await readAll(database))
  expect(found.initialized).toBe(true)
  expect(found.rows.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    'flag __proto__',
    'flag a',
    'flag b',
    'flag bad',
    'flag gone',
    'segment a',
  ])
  expect(found.tallies.flag).toEqual({
    items: 3,
    on: 1,
    tombstones: 1,
    unreadable: 1,
    bytes: 23 + 37 + 13 + 29 + 9,
    versions: { lowest: 3, highest: 12 },
  })
  expect(found.tallies.segment).toMatchObject({ items: 1, on: 0, versions: { lowest: 1, highest: 1 } })
})

it('S88: describes an empty database', async () => {
  const { initialized, rows, tallies, sidecar } = survey(await readAll(new MemoryDatabase()))
  expect({ initialized, rows, sidecar }).toEqual({
    initialized: false,
    rows: [],
    sidecar: { type: 'absent' },
  })
  expect(tallies.flag).toEqual({ items: 0, on: 0, tombstones: 0, unreadable: 0, bytes: 0 })
})

it.each([
  ['flag', '{"version":1,"on":true}', 'on', 1],
  ['flag', '{"version":1,"on":false}', 'off', 1],
  ['flag', '{"version":1}', 'off', 1],
  ['flag', '{"version":1,"on":"true"}', 'off', 1],
  ['flag', '{"version":4,"on":true,"deleted":true}', 'deleted', 4],
  ['flag', '[]', 'unreadable', undefined],
  ['segment', '{"version":6,"on":true}', undefined, 6],
  ['segment', '{"version":4,"deleted":true}', 'deleted', 4],
] as const)('S88: describes a %s %s as %s in version %s', (kind, text, state, version) => {
  const surveyed = surveyRow(row(kind, 'a', text))
  expect([stateOf(surveyed), versionOf(surveyed.decoded)]).toEqual([state, version])
})

it('S88: a digest matches its rows in any order, and no other rows', () => {
  const rows = fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom('flag' as const, 'segment' as const),
      key: fc.string(),
      text: fc.string(),
    }),
    { selector: ({ kind, key }) => `${kind} ${key}`, minLength: 1 },
  )
  const digestOf = (held: readonly Row[], sidecar: string): unknown =>
    survey({ initialized: true, rows: held, sidecar }).sidecar
  fc.assert(
    fc.property(rows, (held) => {
      const sidecar = sidecarOf(held)
      expect(digestOf(held.toReversed(), sidecar)).toMatchObject({ digest: 'matches' })
      expect(digestOf(held.slice(1), sidecar)).toMatchObject({ digest: 'differs' })
    }),
  )
})

it.each([
  [undefined, { type: 'absent' }],
  ['', { type: 'unreadable' }],
  ['null', { type: 'unreadable' }],
  ['{"format":1}', { type: 'unreadable' }],
  ['{"format":"2"}', { type: 'unreadable' }],
  ['{"format":2}', { type: 'otherFormat', format: 2 }],
])('S88: describes the sidecar %j as %j', (text, expected) => {
  const data = { initialized: true, rows: [], ...(text !== undefined && { sidecar: text }) }
  expect(survey(data).sidecar).toEqual(expected)
})

it('S88: describes 100,000 rows', () => {
  const rows = Array.from({ length: 100_000 }, (_, index) => row('flag', `f${index}`, `{"version":${index}}`))
  expect(survey({ initialized: true, rows }).tallies.flag).toMatchObject({
    items: 100_000,
    versions: { lowest: 0, highest: 99_999 },
  })
})
