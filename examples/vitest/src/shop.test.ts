import { presets } from 'halyard'
import { TestData } from 'halyard/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Shop } from './shop.ts'

let flags: TestData
let shop: Shop

beforeEach(async () => {
  flags = new TestData()
  flags.flagValue('free-shipping-from', 2_000)
  const dataSystem = presets.custom({ initializers: [], synchronizers: [flags.synchronizer()] })
  shop = new Shop('sdk-key', { dataSystem, sendEvents: false })
  await shop.open()
})

afterEach(() => shop.close())

it('ships free of charge from the amount of the flag', () => {
  expect(shop.shipping('ada', 1_999)).toBe(490)
  expect(shop.shipping('ada', 2_000)).toBe(0)
})

it('follows a change of the flag', async () => {
  flags.flagValue('free-shipping-from', 3_000)
  await expect.poll(() => shop.shipping('ada', 2_000)).toBe(490)
})

it('uses a flag with a target', async () => {
  flags.set({
    key: 'free-shipping-from',
    on: true,
    variations: [2_000, 0],
    targets: [{ variation: 1, values: ['ada'] }],
    fallthrough: { variation: 0 },
  })
  await expect.poll(() => shop.shipping('ada', 1)).toBe(0)
  expect(shop.shipping('bob', 1)).toBe(490)
})
