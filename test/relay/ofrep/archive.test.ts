import { expect, it } from 'vitest'
import { constant } from '../../support/stored.ts'
import { ENV_ONE, KEYS, ONE, type Packed } from '../archive/packed.ts'
import { offline } from '../offline/offline.ts'
import { askOfrep, flagsOf, openStream, streamOf } from './asking.ts'

it('(RO1.1, RO6.2, RO7.1) evaluates the flags of an archive, and reports its successor', async () => {
  const members = { clientSideAvailability: { usingEnvironmentId: true } }
  const withValue = (value: string, version: number): Packed => ({
    ...ONE,
    dataId: value,
    flags: { a: constant('a', version, value, members), hidden: constant('hidden', 1, 'x') },
  })
  const archive = await offline(withValue('one', 1))
  const relay = await archive.start()
  await relay.started
  const browser = { headers: { 'x-api-key': ENV_ONE.envID } }
  const first = await askOfrep(relay, browser)
  expect(flagsOf(first)).toMatchObject({ a: { value: 'one', reason: 'STATIC' } })
  expect(flagsOf(first).hidden).toBeUndefined()
  const server = await askOfrep(relay, { headers: { authorization: `Bearer ${KEYS.one}` } })
  expect(Object.keys(flagsOf(server)).toSorted()).toEqual(['a', 'hidden'])
  const stream = await openStream(relay, streamOf(first))
  await expect.poll(() => stream.ids).toHaveLength(1)
  await archive.put(withValue('two', 2))
  await expect.poll(() => stream.ids).toHaveLength(2)
  expect(flagsOf(await askOfrep(relay, browser)).a.value).toBe('two')
  // Another relay with the same archive has the same event.
  const other = await archive.start()
  await other.started
  const moved = await openStream(other, streamOf(first))
  await expect.poll(() => moved.ids).toEqual(stream.ids.slice(1))
  expect(archive.asked).toEqual([])
})
