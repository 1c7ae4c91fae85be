import { expect, it } from 'vitest'
import { digestOf, hashRows } from '../../src/layout/digest.ts'
import { resume } from '../../src/layout/resume.ts'
import { encodeItem, encodeTombstone } from '../../src/layout/row.ts'
import { type Sidecar, writeSidecar } from '../../src/layout/sidecar.ts'
import type { Row } from '../../src/model/persistent-store.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const clock = new VirtualClock()
const owner = { owns: ({ keyFingerprint }: Pick<Sidecar, 'keyFingerprint'>) => keyFingerprint === 'f' }
const flag = (key: string, version = 1): Row => encodeItem('flag', { key, version, object: { key, version } })
const rows = [
  flag('a'),
  flag('__proto__'),
  encodeTombstone('flag', 'gone', 3),
  { ...flag('a'), kind: 'segment' as const },
]

async function recordOf(of: readonly Row[], members: Partial<Sidecar> = {}): Promise<string> {
  const digest = digestOf(await hashRows(of, clock))
  const selector = { state: 's1', version: 1 }
  const counted = { generation: 'g', revision: 1, notice: '', savedAt: 0 }
  return writeSidecar({ keyFingerprint: 'f', selector, ...counted, digest, ...members })
}

it('D16: resumes from the rows that a writer of Halyard left, in any order', async () => {
  const sidecar = await recordOf(rows)
  const resumption = await resume({ initialized: true, rows: rows.toReversed(), sidecar }, owner, clock)
  expect(resumption).toMatchObject({ type: 'resumable', sidecar: { selector: { state: 's1' } } })
  if (resumption.type === 'refused') return
  const { changeSet, rows: hashed } = resumption
  expect(changeSet.selector).toEqual({ state: 's1', version: 1 })
  expect(changeSet.changes.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual([
    'flag __proto__',
    'flag a',
    'segment a',
  ])
  expect(hashed).toHaveLength(4)
})

it.each([
  ['a row is missing', 'other software', { rows: rows.slice(1) }],
  ['a row was added', 'other software', { rows: [...rows, flag('b')] }],
  ['a row has another text', 'other software', { rows: [flag('a', 2), ...rows.slice(1)] }],
  ['a row appears twice', 'other software', { rows: [...rows, ...rows.slice(0, 1)] }],
  ['the marker is missing', 'not finished', { initialized: false }],
  ['another key wrote it', 'another SDK key', { members: { keyFingerprint: 'g' } }],
  ['there is no sidecar', 'other software', { sidecar: undefined }],
  ['the database is empty', 'nothing was written', { initialized: false, rows: [], sidecar: undefined }],
])('D16: does not resume if %s', async (_, reason, change) => {
  const members = 'members' in change ? change.members : {}
  const stored = { initialized: true, rows, sidecar: await recordOf(rows, members), ...change }
  const { sidecar, ...rest } = stored
  const resumption = await resume({ ...rest, ...(sidecar !== undefined && { sidecar }) }, owner, clock)
  expect(resumption).toMatchObject({ type: 'refused', reason: expect.stringContaining(reason) })
})

it('D16: does not resume from data without a selector', async () => {
  const text = await recordOf(rows)
  const { selector: _, ...sidecar } = JSON.parse(text) as Record<string, unknown>
  const stored = { initialized: true, rows, sidecar: JSON.stringify(sidecar) }
  expect(await resume(stored, owner, clock)).toMatchObject({ type: 'refused' })
})
