import { expect, it } from 'vitest'
import { decodeRow, encodeItem, encodeTombstone } from '../../src/layout/row.ts'

const row = (text: string, version?: number) => ({
  kind: 'flag' as const,
  key: 'a',
  text,
  ...(version !== undefined && { version }),
})

it.each([
  ['without a key', '{"version":3,"deleted":true}'],
  [
    'the full placeholder object',
    '{"key":"$deleted","version":3,"deleted":true,"on":false,"variations":[],"rules":[]}',
  ],
  ['the minimal placeholder', '{"key":"$deleted","version":3,"deleted":true}'],
  ['the minimal one with the real key', '{"key":"a","version":3,"deleted":true}'],
  ['with an object that looks alive', '{"key":"a","version":3,"deleted":true,"on":true,"variations":[1]}'],
])('D17: decodes %s as a tombstone', (_, text) => {
  expect(decodeRow(row(text))).toEqual({ type: 'tombstone', version: 3 })
})

it('D17.2: decodes null as a tombstone if there is a version beside it, and as unreadable otherwise', () => {
  expect(decodeRow(row('null', 7))).toEqual({ type: 'tombstone', version: 7 })
  expect(decodeRow(row('null')).type).toBe('unreadable')
})

it('D17: a tombstone without a version is older than any item', () => {
  expect(decodeRow(row('{"deleted":true}'))).toEqual({ type: 'tombstone', version: 0 })
})

it('D17.2: uses the key of the row, not that of the object', () => {
  const decoded = decodeRow(row('{"key":"b","version":2,"on":true,"unknown":[1]}'))
  expect(decoded).toEqual({
    type: 'item',
    item: { key: 'a', version: 2, object: { key: 'b', version: 2, on: true, unknown: [1] } },
  })
})

it('D11: uses the version inside of the text, or the one beside it', () => {
  expect(decodeRow(row('{"version":2}', 9))).toMatchObject({ item: { version: 2 } })
  expect(decodeRow(row('{"version":"2"}', 9))).toMatchObject({ item: { version: 9 } })
})

it.each([['{"version":'], [''], ['[]'], ['"text"'], ['12'], ['{}'], ['{"version":"1"}']])(
  'D17.3: decodes %s as unreadable, with the reason',
  (text) => {
    expect(decodeRow(row(text))).toMatchObject({ type: 'unreadable', reason: expect.stringMatching(/^it /) })
  },
)

it('decodes the encoded row', () => {
  const item = { key: 'a', version: 4, object: { key: 'a', version: 4, on: true } }
  expect(decodeRow(encodeItem('flag', item))).toEqual({ type: 'item', item })
  expect(encodeTombstone('segment', 'a', 4).text).toBe('{"key":"$deleted","version":4,"deleted":true}')
})
