import { describe, expect, it } from 'vitest'
import { keyList } from '../../src/options/key-list.ts'

const NOON = Date.UTC(2026, 11, 31, 12)

describe('a list of keys', () => {
  it.each<readonly [string, unknown, unknown]>([
    ['one key', 'sdk-1', [{ value: 'sdk-1' }]],
    ['an end date', 'sdk-1 until 2026-12-31T12:00:00Z', [{ value: 'sdk-1', until: NOON }]],
    ['another time zone', 'sdk-1  UNTIL 2026-12-31T13:00+01:00', [{ value: 'sdk-1', until: NOON }]],
    [
      'commas',
      'a, b until 2026-12-31T12:00:00.5Z ,c',
      [{ value: 'a' }, { value: 'b', until: NOON + 500 }, { value: 'c' }],
    ],
    ['several lines', ['a', 'b until 2026-12-31T12:00:00Z'], [{ value: 'a' }, { value: 'b', until: NOON }]],
    ['objects', [{ value: 'a', until: NOON }, { value: 'b' }], [{ value: 'a', until: NOON }, { value: 'b' }]],
    [
      'a text as end date of an object',
      [{ value: 'a', until: '2026-12-31T12:00:00Z' }],
      [{ value: 'a', until: NOON }],
    ],
    ['no key', [], []],
  ])('accepts %s', (_, value, expected) => {
    expect(keyList.read(value)).toEqual(expected)
  })

  it.each<readonly [string, unknown, string]>([
    ['three words', 'sdk-secret till 2026-12-31T12:00:00Z', 'as key 1 a text that is neither KEY nor'],
    ['an empty part', 'sdk-secret,,b', 'as key 2 a text that is neither KEY nor'],
    ['no time', 'a, sdk-secret until 2026-12-31', 'as key 2 an end date that is not a time with a time zone'],
    [
      'no time zone',
      'sdk-secret until 2026-12-31T12:00:00',
      'an end date that is not a time with a time zone',
    ],
    ['a date that does not exist', 'sdk-secret until 2026-02-30T12:00:00Z', 'an end date that is not a time'],
    [
      'an hour that does not exist',
      'sdk-secret until 2026-02-20T25:00:00Z',
      'an end date that is not a time',
    ],
    ['a key with a line break', [{ value: 'sdk-secret\n' }], 'as key 1 a value without printable characters'],
    ['a number', [7], 'as key 1 a value without printable characters'],
    ['nothing', [null], 'as key 1 a value without printable characters'],
    ['an end date of another type', [{ value: 'sdk-secret', until: true }], 'an end date that is not a time'],
    ['an infinite end date', [{ value: 'sdk-secret', until: Infinity }], 'an end date that is not a time'],
  ])('refuses %s without its value', (_, value, expected) => {
    expect(keyList.read(value)).toBeUndefined()
    expect(keyList.describe?.(value)).toContain(expected)
    expect(keyList.describe?.(value)).not.toContain('secret')
  })
})
