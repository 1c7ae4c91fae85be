import { expect, test } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { Change } from '../../src/model/change-set.ts'
import { start, user } from '../client/starting.ts'
import { constant } from '../support/stored.ts'
import { fetchRaw, openStream, outline, publishFull, publishPartial, serve } from './raw-http.ts'

const FILE = 'halyard-file:'

const flag = (version: number, value: string): Change => ({
  op: 'put',
  kind: 'flag',
  key: 'a',
  version,
  object: { ...constant('a', version, value), salt: 'x'.repeat(2_000) },
})

test('(S8.8) a client with the same content in another version follows by patches, without a full payload', async () => {
  const one = await serve()
  const two = await serve()
  // The two servers have other versions of the content of state A.
  publishFull(one.flagServer, `${FILE}a`, [flag(7, 'one')])
  publishFull(two.flagServer, `${FILE}a`, [flag(1_000, 'one')])
  const headers = { 'x-halyard-accept': 'patch-object' }
  await fetchRaw(`${two.url}/sdk/poll`, { headers })
  publishPartial(two.flagServer, `${FILE}b`, [flag(2_000, 'two')])
  const basis = encodeURIComponent(`${FILE}a`)
  const patched = await fetchRaw(`${two.url}/sdk/poll?basis=${basis}`, { headers })
  expect(patched.body.toString()).toContain('"patch-object"')
  expect(patched.body.toString()).not.toContain('"test"')
  const { client } = start({
    dataSystem: presets.streaming(),
    endpoints: { polling: one.url, streaming: one.url },
  })
  await client.waitForInitialization()
  publishPartial(one.flagServer, `${FILE}b`, [flag(2_001, 'two')])
  await expect.poll(() => client.variation('a', user, 'none')).toBe('two')
})

test('(S8.8) a path through a content that returned leads to a delta, also if its versions do not rise', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, `${FILE}q`, [flag(1, 'q')])
  for (const [version, state] of [
    [2, 'r'],
    [3, 'p'],
    [4, 'q'],
    [5, 'r'],
  ] as const)
    publishPartial(flagServer, `${FILE}${state}`, [flag(version, state)])
  for (const state of ['p', 'q']) {
    const { body } = await fetchRaw(`${url}/sdk/poll?basis=${encodeURIComponent(`${FILE}${state}`)}`)
    expect(body.toString()).toContain('xfer-changes')
    expect(body.toString()).toContain('"version":5')
  }
})

test('(S8.9) Last-Event-ID takes precedence over the basis, only for states that are named by content', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, `${FILE}a`, [flag(1, 'one')])
  publishPartial(flagServer, `${FILE}b`, [flag(2, 'two')])
  publishPartial(flagServer, `${FILE}a`, [flag(3, 'one')])
  const basis = `/sdk/stream?basis=${encodeURIComponent(`${FILE}a`)}`
  const first = await openStream(`${url}/sdk/stream`)
  await first.until(`id: ${FILE}a`)
  const stale = await openStream(url + basis, { 'last-event-id': `${FILE}b` })
  await stale.until('payload-transferred')
  expect(outline(stale.text())[0]).toContain('xfer-changes')
  const other = await openStream(url + basis, { 'last-event-id': 'of-another-server' })
  await other.until('server-intent')
  expect(outline(other.text())[0]).toContain('none')
  // A service never repeats a state, so its events have no id.
  const service = await serve()
  publishFull(service.flagServer, 's1', [flag(1, 'one')])
  const plain = await openStream(`${service.url}/sdk/stream`)
  await plain.until('payload-transferred')
  expect(plain.text()).not.toContain('id: ')
})
