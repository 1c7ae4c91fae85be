import { describe, expect, it } from 'vitest'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError } from '../../src/model/errors.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { MemoryDatabase, TestData } from '../../src/testing/index.ts'
import { overridesFile, untilStatus } from '../overrides/files.ts'
import { SDK_KEY } from '../support/engine.ts'
import { settle } from '../support/unhandled-errors.ts'
import { recording } from './recording.ts'
import { following, holding, notes, serving, start, user } from './starting.ts'

const overriding = (content: unknown) => {
  const file = overridesFile(content)
  return { ...file, options: { overrides: { paths: [file.path], intervalMs: 100 } } }
}

const detail = (client: FlagClient, key: string): Promise<unknown> =>
  client.stringVariationDetail(key, user, 'fallback')

const LOCAL = { value: 'local', variationIndex: 0, reason: { kind: 'FALLTHROUGH', overridden: true } }

/** A source that brings no data. */
const SILENT: Synchronizer = { name: 'silent', async *sync() {} }

describe('(OV1) overrides', () => {
  it('(OV1.1, OV1.2, OV1.3) take the place of flags in memory, in both forms', async () => {
    const { options } = overriding({ flagValues: { a: 'local' } })
    const { client } = await holding([serving('a', 'live'), serving('b', 'live')], options)
    expect(await detail(client, 'a')).toEqual(LOCAL)
    expect(client.sync.stringVariationDetail('a', user, 'fallback')).toEqual(LOCAL)
    expect(client.sync.boolVariationDetail('a', user, true)).toEqual({
      value: true,
      variationIndex: null,
      reason: { kind: 'ERROR', errorKind: 'WRONG_TYPE', overridden: true },
    })
    expect(await detail(client, 'b')).toEqual({
      value: 'live',
      variationIndex: 0,
      reason: { kind: 'FALLTHROUGH' },
    })
  })

  it('(OV1.4) are in the state of all flags', async () => {
    const { options } = overriding({ flagValues: { a: 'local', extra: 1 } })
    const { client } = await holding([serving('a', 'live'), serving('b', 'live')], options)
    const state = await client.allFlagsState(user, { withReasons: true })
    expect(state.allValues()).toEqual({ a: 'local', b: 'live', extra: 1 })
    expect(state.getFlagReason('a')).toEqual({ kind: 'FALLTHROUGH', overridden: true })
    expect(state.getFlagReason('b')).toEqual({ kind: 'FALLTHROUGH' })
  })

  it('(OV1.5) apply without data and offline, without a warning about missing data', async () => {
    const { options } = overriding({ flagValues: { a: 'local' } })
    const silent = { initializers: [], synchronizers: [SILENT] }
    for (const source of [{ offline: true }, { dataSystem: silent }]) {
      const { client, log } = start({ ...options, ...source })
      await untilStatus(client.overrides, ({ flags }) => flags.length === 1)
      expect(await detail(client, 'a')).toEqual(LOCAL)
      expect(client.sync.stringVariation('a', user, 'fallback')).toBe('local')
      expect(log.filter((line) => line.includes('before there was data'))).toEqual([])
      expect(await detail(client, 'b')).toMatchObject({ value: 'fallback' })
    }
  })

  it('(OV1.1, OV1.5, OV1.6) take the place of flags in a database, also while it cannot be read', async () => {
    const database = new MemoryDatabase()
    for (const key of ['a', 'b']) {
      database.put({ kind: 'flag', key, text: JSON.stringify({ version: 1, ...serving(key, 'live') }) })
    }
    database.marker = true
    const { options } = overriding({ flagValues: { a: 'local' } })
    const { client } = start({ ...options, dataSystem: presets.daemon(database.description()) })
    await client.waitForInitialization()
    expect(await detail(client, 'a')).toEqual(LOCAL)
    expect(await detail(client, 'b')).toMatchObject({ value: 'live' })
    expect((await client.allFlagsState(user)).allValues()).toEqual({ a: 'local', b: 'live' })
    expect(client.sync.stringVariation('a', user, 'fallback')).toBe('fallback')
    database.fail('error')
    expect(await detail(client, 'a')).toEqual(LOCAL)
  })

  it.each(['failed', 'empty', 'beside sources without data'])(
    '(OV1.5) apply with a database that is %s',
    async (state) => {
      const database = new MemoryDatabase()
      if (state === 'failed') database.fail('error')
      const store = database.description()
      const beside = presets.custom({ initializers: [], synchronizers: [SILENT], store })
      const dataSystem = state === 'beside sources without data' ? beside : presets.daemon(store)
      const { options } = overriding({ flagValues: { a: 'local' } })
      const { client } = start({ ...options, dataSystem })
      await untilStatus(client.overrides, ({ flags }) => flags.length === 1)
      expect(await detail(client, 'a')).toEqual(LOCAL)
      expect(await detail(client, 'b')).toMatchObject({ value: 'fallback' })
    },
  )
})

describe('(OV3.3) changes', () => {
  it('report an override that appears, changes and goes, with its dependents', async () => {
    const file = overriding({})
    const dependent = { ...serving('b', 'x'), prerequisites: [{ key: 'a', variation: 0 }] }
    const { client } = await holding([serving('a', 'live'), dependent], file.options)
    const changes: string[][] = []
    const updates: string[] = []
    const values: unknown[] = []
    client.onChange(({ flags }) => changes.push([...flags].toSorted()))
    client.on('update:a', ({ key }) => updates.push(key))
    client.onValueChange('a', user, 'fallback', ({ oldValue, newValue }) => values.push([oldValue, newValue]))
    for (const [content, count] of [
      [{ a: 'one' }, 1],
      [{ a: 'two' }, 2],
      [{}, 3],
    ] as const) {
      file.write({ flagValues: content })
      await untilStatus(client.overrides, () => changes.length === count)
    }
    expect(changes).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect(updates).toEqual(['a', 'a', 'a'])
    expect(values).toEqual([
      ['live', 'one'],
      ['one', 'two'],
      ['two', 'live'],
    ])
  })

  it('(OV3.4) do not report a change of the data for an overridden key', async () => {
    const { options } = overriding({
      flags: {
        a: {
          on: true,
          variations: ['local'],
          fallthrough: { variation: 0 },
          prerequisites: [{ key: 'c', variation: 0 }],
        },
      },
    })
    const { client, data } = await holding([serving('a', 'live'), serving('b', 1), serving('c', 1)], options)
    const changes: string[][] = []
    client.onChange(({ flags }) => changes.push([...flags].toSorted()))
    data.flagValue('a', 'other')
    data.flagValue('b', 2)
    data.flagValue('c', 2)
    await settle()
    expect(changes).toEqual([['b'], ['a', 'c']])
  })

  it('follow the dependencies of an override that appears', async () => {
    const file = overriding({})
    const { client, data } = await holding([serving('a', 'live'), serving('c', 1)], file.options)
    const changes: string[][] = []
    client.onChange(({ flags }) => changes.push([...flags].toSorted()))
    const constant = { on: true, variations: ['local'], fallthrough: { variation: 0 } }
    file.write({ flags: { a: { ...constant, prerequisites: [{ key: 'c', variation: 0 }] } } })
    await untilStatus(client.overrides, ({ flags }) => flags.length === 1)
    data.flagValue('c', 2)
    await settle()
    file.write({})
    await untilStatus(client.overrides, ({ flags }) => flags.length === 0)
    data.flagValue('c', 3)
    await settle()
    expect(changes).toEqual([['a'], ['a', 'c'], ['a'], ['c']])
  })

  it('are reported again after the override is gone', async () => {
    const file = overriding({ flagValues: { a: 'local' } })
    const { client, data } = await holding([serving('a', 'live')], file.options)
    const changes: string[][] = []
    const stop = client.onChange(({ flags }) => changes.push([...flags]))
    file.write({})
    await untilStatus(client.overrides, ({ flags }) => flags.length === 0)
    data.flagValue('a', 'other')
    await settle()
    stop()
    data.flagValue('a', 'unseen')
    await settle()
    expect(changes).toEqual([['a'], ['a']])
  })
})

it('(OV4.1) never reach a database', async () => {
  const database = new MemoryDatabase()
  const { options } = overriding({ flagValues: { a: 'local', extra: 1 } })
  const data = new TestData({ flags: [serving('a', 'live')] })
  const { client } = start({
    ...options,
    dataSystem: presets.custom({
      initializers: [],
      synchronizers: [data.synchronizer()],
      store: database.description(),
    }),
  })
  await client.waitForInitialization({ minimum: 'refreshed' })
  expect(await detail(client, 'a')).toEqual(LOCAL)
  data.flagValue('b', 'live')
  await settle()
  await client.close()
  expect(database.row('flag', 'a')?.text).toContain('live')
  expect(database.row('flag', 'b')?.text).toContain('live')
  expect(database.row('flag', 'extra')).toBeUndefined()
})

it('(OV4.2, OV4.3) make no analytics events, and neither do evaluations that depend on them', async () => {
  const { options } = overriding({ flagValues: { a: 'live' } })
  const dependent = { ...serving('b', 'live'), prerequisites: [{ key: 'a', variation: 0 }] }
  const { client, evaluated, migrated } = await recording(
    [serving('a', 'off'), dependent, serving('c', 'live')],
    options,
  )
  for (const key of ['a', 'b', 'c']) {
    await client.stringVariation(key, user, 'fallback')
    client.sync.boolVariationDetail(key, user, false)
    const { value, tracker } = await client.migrationVariation(key, user, 'off')
    tracker.op('read')
    tracker.invoked('new')
    const event = tracker.createEvent()
    expect([value, event === undefined]).toEqual(['live', key !== 'c'])
    if (event) client.trackMigration(event)
  }
  expect(evaluated.map(({ key }) => key)).toEqual(['c', 'c', 'c'])
  expect(migrated).toHaveLength(1)
})

it('(OV3.1) has no status without the option', async () => {
  expect((await holding([])).client.overrides).toBeUndefined()
})

it('warns about an interval below the minimum', async () => {
  const { path } = overridesFile({})
  const { log } = start({ offline: true, overrides: { paths: [path], intervalMs: 5 } })
  expect(log).toContainEqual('warn: options.overrides.intervalMs 5 is below the minimum; 100 is used')
})

it.each([
  [{ paths: [] }, 'options.overrides.paths'],
  [{ path: 'a.json' }, 'options.overrides.path'],
  ['a.json', 'options.overrides'],
  [{ paths: ['a.json'], duplicateKeys: 'warn' }, 'options.overrides.duplicateKeys'],
])('(D2) refuses %j', (overrides, path) => {
  const { logger } = notes()
  const create = (): unknown => createClient(SDK_KEY, { logger, overrides } as unknown as ClientOptions)
  expect(create).toThrow(ConfigError)
  expect(create).toThrow(path)
})

it('(OV2.4) waits for the first reading', async () => {
  const { options } = overriding({ flagValues: { a: 'local' } })
  const { client } = start({ ...options, dataSystem: following(new TestData()) })
  await client.waitForInitialization()
  expect(client.overrides?.current.flags).toEqual(['a'])
})
