import { expect, test } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import type { Change } from '../../src/model/change-set.ts'
import { official, start, user } from '../client/starting.ts'
import { constant } from '../support/stored.ts'
import { fetchRaw, openStream, outline, publishFull, publishPartial, serve } from './raw-http.ts'

const asks = { 'x-halyard-accept': 'patch-object' }

const flag = (version: number, value: string): Change => ({
  op: 'put',
  kind: 'flag',
  key: 'a',
  version,
  object: { ...constant('a', version, value), salt: 'x'.repeat(2_000) },
})

test('(D19) sends a patch to clients that accept patches, and the whole flag to others', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [flag(1, 'one')])
  const asking = await openStream(`${url}/sdk/stream?basis=s1`, asks)
  const other = await openStream(`${url}/sdk/stream?basis=s1`)
  publishPartial(flagServer, 's2', [flag(2, 'two')])
  await Promise.all([asking.until('"s2"'), other.until('"s2"')])
  expect(outline(asking.text())[2]).toBe('patch-object a')
  expect(outline(other.text())[2]).toBe('put-object a')
  expect(asking.text().length * 3).toBeLessThan(other.text().length)
})

test('(D19) a poll varies by the header that asks for patches', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [flag(1, 'one')])
  await fetchRaw(`${url}/sdk/poll`, { headers: asks })
  publishPartial(flagServer, 's2', [flag(2, 'two')])
  const patched = await fetchRaw(`${url}/sdk/poll?basis=s1`, { headers: asks })
  const whole = await fetchRaw(`${url}/sdk/poll?basis=s1`)
  expect(patched.headers.vary).toBe('accept-encoding, authorization, x-halyard-accept')
  expect(patched.body.length * 3).toBeLessThan(whole.body.length)
  expect(whole.body.toString()).not.toContain('patch-object')
})

test.each([
  ['default', presets.default()],
  ['streaming', presets.streaming()],
])(
  '(D19) our client with %s and the official SDK follow one server, by patches and without',
  async (_, dataSystem) => {
    const { url, flagServer } = await serve()
    publishFull(flagServer, 's1', [flag(1, 'one')])
    const { client } = start({ dataSystem, endpoints: { polling: url, streaming: url } })
    const { client: theirs } = official(url)
    await Promise.all([client.waitForInitialization(), theirs.waitForInitialization({ timeout: 60 })])
    await expect.poll(() => flagServer.clients).toBe(2)
    const values = () => Promise.all([client, theirs].map((each) => each.variation('a', user, 'fallback')))
    for (let version = 2; version <= 6; version++) {
      // A full payload is sent as the differences.
      if (version === 4) publishFull(flagServer, `s${version}`, [flag(version, `value ${version}`)])
      else publishPartial(flagServer, `s${version}`, [flag(version, `value ${version}`)])
      await expect.poll(values).toEqual([`value ${version}`, `value ${version}`])
    }
  },
)

test('(D19.7) a change before the first request for patches is sent as a whole object', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [flag(1, 'one')])
  publishPartial(flagServer, 's2', [flag(2, 'two')])
  const poll = async (): Promise<string> =>
    (await fetchRaw(`${url}/sdk/poll?basis=s1`, { headers: asks })).body.toString()
  expect(await poll()).not.toContain('patch-object')
  publishPartial(flagServer, 's3', [flag(3, 'three')])
  expect(await poll()).not.toContain('patch-object')
  publishPartial(flagServer, 's4', [flag(4, 'four')])
  const { body } = await fetchRaw(`${url}/sdk/poll?basis=s3`, { headers: asks })
  expect(body.toString()).toContain('patch-object')
})
