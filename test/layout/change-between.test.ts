import { expect, it } from 'vitest'
import { changeBetween, REPLACED, type Sidecar, writeNotice, writeSidecar } from '../../src/layout/sidecar.ts'

function sidecar(revision: number, more: Partial<Sidecar> = {}): string {
  const notice = writeNotice([{ kind: 'flag', key: `flag-${revision}` }])
  return writeSidecar({
    keyFingerprint: 'f',
    generation: 'g',
    revision,
    notice,
    savedAt: 0,
    digest: '',
    ...more,
  })
}

const replaced = { type: 'replaced' }

it('returns the notice for the next revision of a generation', () => {
  expect(changeBetween(sidecar(1), sidecar(2))).toEqual({ type: 'changed', flags: ['flag-2'], segments: [] })
  expect(changeBetween(sidecar(1), sidecar(2, { notice: REPLACED }))).toEqual(replaced)
})

it('returns nothing if the sidecar is the same or still missing', () => {
  expect(changeBetween(sidecar(1), sidecar(1))).toBeUndefined()
  expect(changeBetween(undefined, undefined)).toBeUndefined()
})

it.each([
  ['a revision that was not seen lies between', sidecar(1), sidecar(3)],
  ['revisions go back', sidecar(2), sidecar(1)],
  ['two writers count the same revision', sidecar(2), sidecar(2, { digest: 'of others' })],
  ['another generation begins', sidecar(1), sidecar(2, { generation: 'h' })],
  ['there was no sidecar', undefined, sidecar(1)],
  ['it is gone', sidecar(1), undefined],
  ['the second one is unreadable', sidecar(1), 'from the future'],
  ['the first one is unreadable', 'from the past', sidecar(2)],
])('reports that any row may have changed if %s', (_when, before, after) => {
  expect(changeBetween(before, after)).toEqual(replaced)
})
