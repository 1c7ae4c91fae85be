import { expect, test } from 'vitest'
import type { Change } from '../../src/model/change-set.ts'
import { describeChanges } from '../../src/relay/describe-changes.ts'

const removal = (key: string): Change => ({ op: 'delete', kind: 'segment', key, version: 2 })

test('names each change', () => {
  const put: Change = { op: 'put', kind: 'flag', key: 'a', version: 1, object: {} }
  expect(describeChanges([put, removal('b')])).toBe('changed flag a, deleted segment b')
})

test('counts the changes after the first 10', () => {
  const many = Array.from({ length: 12 }, (_, index) => removal(String(index)))
  expect(describeChanges(many)).toMatch(/deleted segment 9 and 2 more$/)
})

test('shortens long keys', () => {
  expect(describeChanges([removal('k'.repeat(1_000_000))])).toBe(`deleted segment ${'k'.repeat(100)}…`)
})
