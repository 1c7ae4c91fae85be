import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { ask, keyed, silent } from '../starting.ts'
import { fileEnvironment, poll, value } from './environment.ts'

it('(FS3.1) relays with the same files have the same state, also after a restart, and answer it with none', async () => {
  const files = await fileEnvironment({ a: 1, b: 1 })
  const relays = [await files.start(), await files.start()] as const
  const { state } = await poll(relays[0])
  expect(state).toMatch(/^halyard-file:[0-9a-f]{32}$/)
  expect(await poll(relays[1], state)).toMatchObject({ intent: 'none' })
  // The form of the file, the order of its flags and their versions do not matter.
  await files.saveText(
    'flags: { b: { version: 7, on: true, fallthrough: { variation: 0 }, variations: [1] } }\nflagValues: { a: 1 }',
    'flags.yaml',
  )
  await files.save({})
  await Promise.all(relays.map((relay) => relay.close()))
  expect(await poll(await files.start(), state)).toMatchObject({ intent: 'none' })
})

it('(FS3.3) answers with a delta to a client of another relay that saw both contents', async () => {
  const files = await fileEnvironment({ a: 1, b: 1, c: 1 })
  const relays = [await files.start(), await files.start()] as const
  const before = await poll(relays[0])
  await files.save({ a: 2, b: 1 })
  for (const relay of relays) await expect.poll(() => value(relay)).toBe(2)
  const delta = await poll(relays[1], before.state)
  expect(delta).toMatchObject({ intent: 'xfer-changes', keys: ['put-object a', 'delete-object c'] })
  expect(await poll(relays[0], delta.state)).toMatchObject({ intent: 'none' })
  // Both relays gave a version of their own, and both are later than that of the first content.
  for (const version of delta.versions) expect(version).toBeGreaterThan(1_700_000_000)
})

it('(FS3.4) a content that returns has its former state, and clients of any content receive deltas', async () => {
  const files = await fileEnvironment({ a: 1, b: 1 })
  const relay = await files.start()
  const states: string[] = [(await poll(relay)).state]
  for (const next of [2, 1, 2, 3, 1]) {
    await files.save({ a: next, b: 1 })
    await expect.poll(() => value(relay)).toBe(next)
    states.push((await poll(relay)).state)
  }
  const [one, two, again, twoAgain, three, last] = states
  expect([again, last]).toEqual([one, one])
  expect(twoAgain).toBe(two)
  for (const basis of [two, three])
    expect(await poll(relay, basis)).toMatchObject({ intent: 'xfer-changes', keys: ['put-object a'] })
  expect(await poll(relay, one)).toMatchObject({ intent: 'none' })
})

it('(FS3.5) a poll over FDv1 is answered with 304 after a restart, although versions begin anew', async () => {
  const files = await fileEnvironment({ a: 1 })
  const relay = await files.start()
  await files.save({ a: 2 })
  await expect.poll(() => value(relay)).toBe(2)
  for (const path of ['/sdk/latest-all', '/sdk/flags']) {
    const etag = (await ask(relay, path, keyed)).headers.get('etag') ?? ''
    const restarted = await files.start()
    expect((await ask(restarted, path, { ...keyed, 'if-none-match': etag })).status).toBe(304)
  }
})

/** The number of full payloads that a relay sent. */
const fullPayloads = (relay: RelayServer): number => relay.view.environments[0]?.traffic.full ?? 0

it('(FS3.2) a restart costs the official SDK and Halyard no full payload, and later changes reach them', async () => {
  const files = await fileEnvironment({ a: 'one', b: 1 })
  const first = await files.start()
  const port = Number(new URL(first.url).port)
  const uris = { baseUri: first.url, streamUri: first.url, sendEvents: false, logger: silent }
  const dataSystem = { dataSource: { dataSourceOptionsType: 'standard' } } as const
  const theirs = init(SDK_KEY, { ...uris, dataSystem })
  const theirsFdv1 = init(SDK_KEY, uris)
  const ours = createClient(SDK_KEY, {
    dataSystem: presets.streaming(),
    endpoints: { polling: first.url, streaming: first.url },
    logger: silent,
  })
  onTestFinished(async () => {
    theirs.close()
    theirsFdv1.close()
    await ours.close()
  })
  const clients = [theirs, theirsFdv1, ours]
  const values = (): Promise<unknown[]> =>
    Promise.all(clients.map((client) => client.variation('a', { kind: 'user', key: 'u' }, 'none')))
  await expect.poll(values).toEqual(['one', 'one', 'one'])
  // An edit, so that the clients hold versions which the restarted relay does not know.
  await files.save({ a: 'two', b: 1 })
  await expect.poll(values).toEqual(['two', 'two', 'two'])
  await first.close()
  const second = await files.start({}, { port })
  await expect.poll(() => second.view.environments[0]?.clients).toMatchObject({ fdv1: 1, fdv2: 2 })
  // FDv1 has no basis: its stream begins with all data.
  expect(fullPayloads(second)).toBe(1)
  await files.save({ a: 'three', b: 1 })
  await expect.poll(values).toEqual(['three', 'three', 'three'])
  expect(fullPayloads(second)).toBe(1)
})

it('(FS3.6) the official SDK follows a rollback that happened while the relay was stopped', async () => {
  const files = await fileEnvironment({ a: 'one' })
  const first = await files.start()
  const port = Number(new URL(first.url).port)
  const uris = { baseUri: first.url, streamUri: first.url, sendEvents: false, logger: silent }
  const client = init(SDK_KEY, { ...uris, dataSystem: { dataSource: { dataSourceOptionsType: 'standard' } } })
  onTestFinished(() => client.close())
  const variation = (): Promise<unknown> => client.variation('a', { kind: 'user', key: 'u' }, 'none')
  await expect.poll(variation).toBe('one')
  await files.save({ a: 'two' })
  await expect.poll(variation).toBe('two')
  await first.close()
  // The SDK still repeats the basis of its first connection, which is now the state of the relay again.
  await files.save({ a: 'one' })
  await files.start({}, { port })
  await expect.poll(variation).toBe('one')
})
