import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KINDS } from '../../../src/model/change-set.ts'
import { IssueCollector } from '../../../src/options/issues.ts'
import { type DatabasePlace, refuseSharedPlaces } from '../../../src/relay/config/databases.ts'
import { ConsulKeys } from '../../../src/store/consul/reads.ts'
import { tableNames } from '../../../src/store/dynamodb/items.ts'
import { redisKeys, stagingKeys } from '../../../src/store/redis/keys.ts'
import type { StoreType as Database } from '../../../src/store/registry.ts'

function placeOf(prefix: string | undefined, tableName?: string): DatabasePlace {
  return { prefix, tableName, place: `${tableName ?? ''}(${prefix ?? ''})` }
}

function issuesOf(database: Database, ...places: readonly DatabasePlace[]): readonly string[] {
  const findings = new IssueCollector()
  refuseSharedPlaces({ type: database, url: '', localTtlMs: 0 }, places, findings)
  return findings.issues.map(({ path, expected, received }) => `${path}: ${expected}, ${received}`)
}

const OWN = 'a unique place in the database'
const LONGER = 'a prefix that does not begin with that of another environment'
const BEGINNING =
  'a prefix that is not the beginning of $halyard, which is reserved for Halyard, a string (value hidden)'
const RESERVED = 'a prefix without $halyard, which is reserved for Halyard, a string (value hidden)'

describe('two environments in one database', () => {
  it.each<readonly [Database, string, string, readonly string[]]>([
    ['redis', 'ld', 'ld', [`(ld): ${OWN}, the same as (ld)`]],
    ['redis', 'ld', 'ld:test', []],
    ['redis', 'ld', 'ld:features', []],
    ['redis', 'ld', 'ld/test', []],
    ['redis', 'ld', 'ld-test', []],
    ['redis', 'ld', 'ld:', []],
    ['redis', 'ld', 'LD', []],
    ['redis', 'ld', 'ld:$halyard', [`(ld:$halyard): ${RESERVED}`]],
    ['redis', 'ld', 'ld:$halyard:staging:1', [`(ld:$halyard:staging:1): ${RESERVED}`]],
    ['redis', 'ld', 'ld:$inited', []],
    ['dynamodb', 'ld', 'ld', [`t(ld): ${OWN}, the same as t(ld)`]],
    ['dynamodb', 'ld', 'ld:features', []],
    ['consul', 'ld', 'ld', [`(ld): ${OWN}, the same as (ld)`]],
    ['consul', 'ld', 'ld/test', [`(ld/test): ${LONGER}, a prefix that begins with that of (ld)`]],
    ['consul', 'ld', 'ld-test', [`(ld-test): ${LONGER}, a prefix that begins with that of (ld)`]],
    ['consul', 'ld/production', 'ld/test', []],
    ['consul', 'test', 'ld/test', []],
    ['consul', 'ld', '$halyard/ld', [`($halyard/ld): ${RESERVED}`]],
    ['consul', 'ld', '$', [`($): ${BEGINNING}`]],
    ['consul', 'ld', '$hal', [`($hal): ${BEGINNING}`]],
    ['consul', 'ld', '$halyards', []],
    ['redis', 'ld', '$hal', []],
    ['consul', 'ld', 'x/', ['(x/): a path without empty segments and dot segments, a string (value hidden)']],
    ['consul', 'ld', '/x', ['(/x): a path without empty segments and dot segments, a string (value hidden)']],
    [
      'consul',
      'ld',
      'x/../ld',
      ['(x/../ld): a path without empty segments and dot segments, a string (value hidden)'],
    ],
  ])('(S92) %s: "%s" and "%s"', (database, one, other, expected) => {
    const table = database === 'dynamodb' ? 't' : undefined
    expect(issuesOf(database, placeOf(one, table), placeOf(other, table))).toEqual(expected)
    expect(issuesOf(database, placeOf(other, table), placeOf(one, table))).toEqual(expected)
  })

  it.each([
    ['the same prefix in two tables', placeOf('ld', 'a'), placeOf('ld', 'b'), 0],
    ['no prefix in two tables', placeOf(undefined, 'a'), placeOf(undefined, 'b'), 0],
    ['no prefix in one table', placeOf(undefined, 'a'), placeOf(undefined, 'a'), 1],
    ['a prefix and none in one table', placeOf('ld', 'a'), placeOf(undefined, 'a'), 0],
  ])('(S92) dynamodb: %s', (_, one, other, refused) => {
    expect(issuesOf('dynamodb', one, other)).toHaveLength(refused)
  })

  it('(S92) consul: finds every prefix that begins with another, in any order', () => {
    expect(issuesOf('consul', ...['ld', 'ld-b', 'a', 'ld-a', 'z'].map((prefix) => placeOf(prefix)))).toEqual([
      `(ld-a): ${LONGER}, a prefix that begins with that of (ld)`,
      `(ld-b): ${LONGER}, a prefix that begins with that of (ld)`,
    ])
  })
})

describe('the names that the stores use', () => {
  const piece = fc.constantFrom(
    'ld',
    'a',
    'x',
    'features',
    'segments',
    '$inited',
    '$halyard',
    'staging',
    'old',
    'lease',
    'fence',
    'sidecar',
  )
  const prefixes = (separator: string): fc.Arbitrary<readonly [string, string]> => {
    const prefix = fc
      .array(fc.tuple(piece, fc.constantFrom(separator, '-')), { minLength: 1, maxLength: 5 })
      .map((pieces) =>
        pieces.map(([word, after], index) => word + (index < pieces.length - 1 ? after : '')).join(''),
      )
    // Often one begins with the other.
    return fc.oneof(
      fc.tuple(prefix, prefix),
      fc.tuple(prefix, prefix).map(([one, more]) => [one, `${one}${separator}${more}`] as const),
    )
  }
  const isReserved = (prefix: string): boolean => prefix.split(/[:/]/).includes('$halyard')

  it('(S92) redis: refuses a pair of prefixes exactly if they share a key', () => {
    fc.assert(
      fc.property(prefixes(':'), piece, ([one, other], id) => {
        const [mine, yours] = [one, other].map((prefix) => {
          const { rows, channel: _, ...keys } = redisKeys(prefix)
          const { filled, replaced } = stagingKeys(redisKeys(prefix), id)
          return [rows, filled, replaced, keys].flatMap((each) => Object.values<string>(each))
        })
        const isShared = mine?.some((key) => yours?.includes(key))
        const isRefused = issuesOf('redis', placeOf(one), placeOf(other)).length > 0
        if (isShared) expect(isRefused).toBe(true)
        if (isRefused && !isReserved(one) && !isReserved(other)) expect(isShared).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('(S92) dynamodb: refuses a pair of prefixes exactly if they share a partition', () => {
    fc.assert(
      fc.property(prefixes(':'), ([one, other]) => {
        const [mine, yours] = [one, other].map((prefix) => {
          const { partition, marker, sidecar, lease } = tableNames(prefix)
          return [...KINDS.map(partition), ...[marker, sidecar, lease].map(({ namespace }) => namespace)]
        })
        const isShared = mine?.some((namespace) => yours?.includes(namespace))
        const isRefused = issuesOf('dynamodb', placeOf(one, 't'), placeOf(other, 't')).length > 0
        if (isShared) expect(isRefused).toBe(true)
        if (isRefused && !isReserved(one) && !isReserved(other)) expect(isShared).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('(S92) consul: no key of an accepted prefix begins with another one, under which SDKs list and delete', () => {
    fc.assert(
      fc.property(prefixes('/'), ([one, other]) => {
        if (issuesOf('consul', placeOf(one), placeOf(other)).length > 0) return
        for (const [prefix, stranger] of [
          [one, other],
          [other, one],
        ] as const) {
          const { marker, sidecar, lease, fence, folder, row } = spaceOf(stranger)
          const keys = [marker, sidecar, lease, fence, ...KINDS.flatMap((kind) => [folder(kind), row(kind)])]
          expect(keys.filter((key) => key.startsWith(prefix))).toEqual([])
        }
      }),
      { numRuns: 3_000 },
    )
  })

  function spaceOf(prefix: string) {
    const space = new ConsulKeys(prefix)
    return {
      marker: space.marker,
      sidecar: space.sidecar,
      lease: space.lease,
      fence: space.fencingToken,
      folder: space.folder.bind(space),
      row: (kind: (typeof KINDS)[number]) => space.row({ kind, key: 'key' }),
    }
  }
})
