import { expect, it } from 'vitest'
import type { ArchivedEnvironment } from '../../../src/relay/archive/archive.ts'
import { environmentsOf } from '../../../src/relay/offline/environments-of.ts'

const offline = { archive: 'a', intervalMs: 1_000 }
const consul = { type: 'consul', url: 'http://localhost:8500', localTtlMs: 0 } as const

function environment(id: string, members: Partial<ArchivedEnvironment> = {}): ArchivedEnvironment {
  const data = { changeSet: { type: 'full', changes: [] }, hash: id } as const
  return {
    id,
    name: 'Test',
    envKey: 'test',
    projName: 'Spree',
    projKey: 'spree',
    sdkKey: `sdk-${id}`,
    moreSdkKeys: [],
    moreMobileKeys: [],
    ttlMinutes: 0,
    secureMode: false,
    version: 1,
    dataId: id,
    data,
    ...members,
  }
}

const namesOf = (...environments: readonly ArchivedEnvironment[]): readonly string[] =>
  environmentsOf('a.tar.gz', environments, { offline }).map(({ name }) => name)

it('S102: names environments by project and name, and by their id if two names are equal', () => {
  expect(namesOf(environment('1'), environment('2', { name: 'Production' }))).toEqual([
    'Spree Test',
    'Spree Production',
  ])
  expect(namesOf(environment('1'), environment('2'), environment('3', { projName: '' }))).toEqual([
    'Spree Test (1)',
    'Spree Test (2)',
    'Test',
  ])
  expect(namesOf(environment('1', { projName: '', name: '' }))).toEqual(['1'])
  expect(namesOf(environment('1', { name: 'a\x1b[2J\nb' }))).toEqual(['Spree a [2J b'])
  expect(() => namesOf(environment('1'), environment('2'), environment('3', { name: 'Test (1)' }))).toThrow(
    'a.tar.gz: 3.json: has the same name as another environment',
  )
})

it('S102: derives the place in the database from the id and the configuration', () => {
  const store = { type: 'dynamodb', localTtlMs: 0 } as const
  const places = { ...offline, prefix: 'ld:$CID:$CID', tableName: 'all-$CID' }
  const [config] = environmentsOf('a', [environment('x$&', { ttlMinutes: 2 })], { offline: places, store })
  expect(config).toEqual({
    name: 'Spree Test',
    sdkKey: 'sdk-x$&',
    prefix: 'ld:x$&:x$&',
    tableName: 'all-x$&',
    ttlMs: 120_000,
    envId: 'x$&',
    projKey: 'spree',
  })
})

it('S102: rejects an archive whose environments share a key or a place', () => {
  const shared = [environment('1'), environment('2', { sdkKey: 'sdk-1' })]
  expect(() => environmentsOf('a', shared, { offline })).toThrow(
    'a: 2.json: has an SDK key that 1.json also has',
  )
  // In Consul no prefix may begin with another one, because SDKs delete by prefix.
  const nested = [environment('1', { name: 'One' }), environment('12')]
  expect(() =>
    environmentsOf('a', nested, { offline: { ...offline, prefix: 'ld-$CID' }, store: consul }),
  ).toThrow(/^a: 12\.json: expected a prefix that does not begin with that of another environment/)
})
