import { fail, type ScriptedOrigin, SHORT_TIMINGS, scriptedOrigin } from 'halyard/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Shop } from './shop.ts'
import { transportTo } from './transport-to.ts'

const soon = { timeout: 5_000, interval: 5 }
let service: ScriptedOrigin
let shop: Shop

beforeEach(async () => {
  service = scriptedOrigin()
  service.data.flagValue('free-shipping-from', 2_000)
  // SHORT_TIMINGS replaces minutes by milliseconds. The transport opens no socket.
  const connection = { endpoints: service.endpoints, transport: transportTo(service), timings: SHORT_TIMINGS }
  shop = new Shop('sdk-key', { ...connection, sendEvents: false })
  await shop.open()
})

afterEach(() => shop.close())

it('receives changes by polls while the stream is down, and follows the stream again after it', async () => {
  await expect.poll(() => shop.health, soon).toBe('valid, by streaming')

  service.stream.always(fail.status(503)).interrupt()
  await expect.poll(() => shop.health, soon).toBe('valid, by polling')
  service.data.flagValue('free-shipping-from', 3_000)
  await expect.poll(() => shop.shipping('ada', 2_000), soon).toBe(490)

  service.stream.heal()
  await expect.poll(() => shop.health, soon).toBe('valid, by streaming')
})
