import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { everythingPut, frame, LiveStream, type Origin, put, startOrigin } from '../support/origin.ts'
import { store, USER } from '../support/stored.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function start(origin: Origin, database: MemoryDatabase) {
  const client = createClient('sdk-key', {
    featureStore: database.description(),
    endpoints: origin.endpoints,
    logger: silent,
  })
  onTestFinished(() => client.close())
  return client
}

it('(S12, D15, D22) reads and then writes the database over FDv1 with a featureStore and no data system', async () => {
  const origin = await startOrigin()
  const stream = new LiveStream([])
  origin.fdv1.stream.always(stream.answer)
  const database = new MemoryDatabase()
  store(database, 'a', 1, 'stored')
  database.marker = true
  const client = start(origin, database)
  expect(await client.variation('a', USER, 'fallback')).toBe('stored')
  expect(client.initialized()).toBe(false)
  expect(client.availability).toBe('cached')
  await expect.poll(() => origin.fdv1.stream.received).toHaveLength(1)
  const served = { variations: ['served'], fallthrough: { variation: 0 }, on: true }
  stream.send(everythingPut(put('a', 2, served)))
  await client.waitForInitialization()
  expect(await client.variation('a', USER, 'fallback')).toBe('served')
  await expect.poll(() => database.row('flag', 'a')?.text).toContain('served')
  stream.send(frame('patch', JSON.stringify({ path: '/flags/b', data: { key: 'b', version: 5 } })))
  await expect.poll(() => database.row('flag', 'b')?.text).toContain('"version":5')
  stream.send(frame('delete', JSON.stringify({ path: '/flags/b', version: 6 })))
  await expect.poll(() => database.row('flag', 'b')?.text).toContain('$deleted')
  // FDv1 data has no selector, so no client may resume from it.
  expect(database.sidecar).not.toContain('"selector"')
  await client.close()
  const next = start(origin, database)
  expect(await next.variation('a', USER, 'fallback')).toBe('served')
  expect(next.initialized()).toBe(false)
})
