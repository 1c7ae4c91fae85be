const { createClient, presets } = require('halyard')
const { fail, SHORT_TIMINGS, scriptedOrigin, TestData } = require('halyard/testing')
const { shipping } = require('./shop.js')
const { transportTo } = require('./transport-to.js')

let client
afterEach(() => client.close())

test('ships free of charge from the amount of the flag, and follows its changes', async () => {
  const flags = new TestData()
  flags.flagValue('free-shipping-from', 2_000)
  const dataSystem = presets.custom({ initializers: [], synchronizers: [flags.synchronizer()] })
  client = createClient('sdk-key', { dataSystem, sendEvents: false })
  await client.waitForInitialization()
  expect(await shipping(client, 'ada', 2_000)).toBe(0)

  const changed = new Promise((resolve) => client.once('update', resolve))
  flags.flagValue('free-shipping-from', 3_000)
  await changed
  expect(await shipping(client, 'ada', 2_000)).toBe(490)
})

test('receives changes by polls while the stream is down', async () => {
  const service = scriptedOrigin()
  service.data.flagValue('free-shipping-from', 2_000)
  // SHORT_TIMINGS replaces minutes by milliseconds. The transport opens no socket.
  const connection = { endpoints: service.endpoints, transport: transportTo(service), timings: SHORT_TIMINGS }
  client = createClient('sdk-key', { dataSystem: presets.default(), ...connection, sendEvents: false })
  await client.waitForInitialization()

  service.stream.always(fail.status(503)).interrupt()
  const changed = new Promise((resolve) => client.once('update', resolve))
  service.data.flagValue('free-shipping-from', 3_000)
  await changed
  expect(await shipping(client, 'ada', 2_000)).toBe(490)
  expect(client.status.current.source).toBe('polling')
})
