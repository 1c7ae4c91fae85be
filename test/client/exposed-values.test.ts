import { ServerResponse } from 'node:http'
import { expect, it, vi } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { Change } from '../../src/model/change-set.ts'
import { copyOf } from '../../src/model/exposed.ts'
import { TestData } from '../../src/testing/index.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { publishFull, publishPartial, serve } from '../server/raw-http.ts'
import { change } from '../support/stored.ts'
import { settle } from '../support/unhandled-errors.ts'
import { following, holding, serving, start, user } from './starting.ts'

interface Limits {
  limits: { perMinute: number }
}

const flag = serving('cfg', { limits: { perMinute: 10 } })

it('(S145.1) protects the data from changes that an application makes to a value', async () => {
  const { client, data } = await holding([flag, serving('other', 1)])
  const received = [
    await client.variation('cfg', user, {}),
    (await client.variationDetail('cfg', user, {})).value,
    client.sync.jsonVariation('cfg', user, {}),
    client.sync.jsonVariationDetail('cfg', user, {}).value,
    (await client.allFlagsState(user)).allValues().cfg,
    (await client.allFlagsState(user)).getFlagValue('cfg'),
    (await client.allFlagsState(user)).toJSON().cfg,
  ] as Limits[]
  for (const value of received) value.limits.perMinute = 999_999
  const full = data.full().changes.find(({ key }) => key === 'cfg')
  expect(full).toMatchObject({ object: { variations: [{ limits: { perMinute: 10 } }] } })
  data.set(serving('other', 2))
  await settle()
  data.set(flag)
  await settle()
  expect(await client.jsonVariation('cfg', user, {})).toEqual({ limits: { perMinute: 10 } })
})

it('(S145) writes the data of the source to the store, without changes of the application', async () => {
  const database = new MemoryDatabase()
  const data = new TestData({ flags: [flag] })
  const { client } = start({
    dataSystem: presets.custom({
      initializers: [],
      synchronizers: [data.synchronizer()],
      store: database.description(),
    }),
  })
  await client.waitForInitialization()
  const value = (await client.jsonVariation('cfg', user, {})) as Limits
  value.limits.perMinute = 999_999
  await client.close()
  expect(database.row('flag', 'cfg')?.text).toContain('"perMinute":10}')
})

it('(S145.4) compares values in onValueChange with a copy that the application does not have', async () => {
  const { client, data } = await holding([flag])
  const received: unknown[] = []
  client.onValueChange('cfg', user, {}, ({ newValue }) => {
    received.push(copyOf(newValue))
    ;(newValue as Limits).limits.perMinute = 30
  })
  for (const perMinute of [20, 30]) {
    data.set(serving('cfg', { limits: { perMinute } }))
    await settle()
  }
  expect(received).toEqual([{ limits: { perMinute: 20 } }, { limits: { perMinute: 30 } }])
})

it('(S145.3) returns the unchanged result if a hook changes its copy', async () => {
  const { client } = await holding([flag])
  client.addHook({
    getMetadata: () => ({ name: 'meddling' }),
    afterEvaluation: (_, data, detail) => {
      Object.assign(detail, { value: 'mine' })
      Object.assign(detail.reason, { kind: 'OFF' })
      return data
    },
  })
  expect(client.sync.variationDetail('cfg', user, {})).toMatchObject({
    value: { limits: { perMinute: 10 } },
    reason: { kind: 'FALLTHROUGH' },
  })
})

it('(S145.5) copies test data when it is set', async () => {
  const value = { limits: { perMinute: 10 } }
  const data = new TestData({ flags: [serving('cfg', value)] })
  value.limits.perMinute = 999_999
  const { client } = start({ dataSystem: following(data) })
  await client.waitForInitialization()
  expect(client.sync.jsonVariation('cfg', user, {})).toEqual({ limits: { perMinute: 10 } })
})

it('(S145) copies every member, at any depth', () => {
  const value = JSON.parse('{"__proto__":{"admin":true},"list":[1,[null,"x"]],"a":{"b":{}}}') as object
  const copy = copyOf(value)
  expect(JSON.stringify(copy)).toBe(JSON.stringify(value))
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  let deep: object = {}
  for (let depth = 0; depth < 100_000; depth++) deep = { deep }
  expect(copyOf(deep) === deep).toBe(false)
})

it('(S145, D19) applies a JSON Patch to the data of the server, without changes of the application', async () => {
  const written = vi.spyOn(ServerResponse.prototype, 'write')
  const { flagServer, url } = await serve()
  const config = (version: number, perDay: number): Change =>
    change('cfg', version, { limits: { perMinute: 10, perDay } }, { salt: 'x'.repeat(2_000) })
  publishFull(flagServer, 's1', [config(1, 100)])
  const database = new MemoryDatabase()
  const { client } = start({
    dataSystem: { ...presets.default(), store: database.description(), storeMode: 'read-write' },
    endpoints: { polling: url, streaming: url },
  })
  await client.waitForInitialization({ minimum: 'refreshed' })
  await expect.poll(() => flagServer.clients).toBe(1)
  const v = (await client.jsonVariation('cfg', user, {})) as Limits
  v.limits.perMinute = 999_999

  publishPartial(flagServer, 's2', [config(2, 200)])
  const right = { limits: { perMinute: 10, perDay: 200 } }
  await expect.poll(() => client.jsonVariation('cfg', user, {})).toEqual(right)
  expect(written.mock.calls.map(String).join('')).toContain('patch-object')
  await expect
    .poll(() => JSON.parse(database.row('flag', 'cfg')?.text ?? '{}'))
    .toMatchObject({ version: 2, variations: [right] })
})
