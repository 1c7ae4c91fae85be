import { expect, it } from 'vitest'
import { versionIn } from '../../src/layout/row.ts'

it.each([
  ['{"key":"a","version":3}', 3],
  ['{"key":"$deleted","version":4,"deleted":true}', 4],
  ['{"deleted":true}', 0],
  ['{"key":"a"}', -Infinity],
  ['null', -Infinity],
  ['', -Infinity],
])('the version inside of %s is %d', (text, version) => {
  expect(versionIn({ kind: 'flag', key: 'a' }, text)).toBe(version)
  const row = { kind: 'flag', key: 'a', version: 9, text: '{}' } as const
  expect(versionIn(row, text)).toBe(version)
})
