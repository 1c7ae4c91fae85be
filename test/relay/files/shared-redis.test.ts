import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { type FileEnvironment, fileEnvironment, poll, value } from './environment.ts'

describeWithRedis('relays of the same files on one Redis', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const startOn = (files: FileEnvironment, prefix: string): Promise<RelayServer> =>
    files.start({ prefix }, { store: { type: 'redis', url: redis.url, localTtlMs: 0 } })

  const stored = async (
    prefix: string,
    key = 'a',
  ): Promise<{ version: number; variations: unknown[] } | undefined> => {
    const text = await redis.as((client) => client.hget(`${prefix}:features`, key))
    return text === null ? undefined : JSON.parse(text)
  }

  const isWritten = (relay: RelayServer): unknown => relay.view.environments[0]?.store?.isWritten

  it('(FS3.7) write the data without a contest, and continue each other’s states, deltas and versions', async () => {
    const prefix = 'files-shared'
    const files = await fileEnvironment({ a: 1, b: 1 })
    const relays = [await startOn(files, prefix), await startOn(files, prefix)] as const
    const before = await poll(relays[0])
    expect(await poll(relays[1], before.state)).toMatchObject({ intent: 'none' })
    await files.save({ a: 2, b: 1 })
    for (const relay of relays) await expect.poll(() => value(relay)).toBe(2)
    await expect.poll(() => stored(prefix)).toMatchObject({ variations: [2] })
    for (const relay of relays) await expect.poll(() => isWritten(relay)).toBe(true)
    // Both relays gave the flag a version of their own. They must not replace each other's row for ever.
    const settled = await stored(prefix)
    const writes = async (): Promise<unknown> =>
      redis.as(async (client) => /total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1])
    await expect
      .poll(async () => {
        const count = Number(await writes())
        await new Promise((resolve) => setTimeout(resolve, 300))
        return Number(await writes()) - count
      })
      .toBeLessThan(30)
    expect(await stored(prefix)).toEqual(settled)
    // A third relay reads the same files and continues the stored version.
    const third = await startOn(files, prefix)
    expect(await poll(third, (await poll(relays[0])).state)).toMatchObject({ intent: 'none' })
    expect((await poll(third)).versions).toContain(settled?.version)
    // It has not seen the first content, but the shared history has.
    expect(await poll(third, before.state)).toMatchObject({ intent: 'xfer-changes', keys: ['put-object a'] })
  })

  it('(FS5.9) serves the data of Redis if the files cannot be read at the start', async () => {
    const prefix = 'files-stored'
    const files = await fileEnvironment({ a: 'stored' })
    const first = await startOn(files, prefix)
    await expect.poll(() => stored(prefix)).toBeDefined()
    const { state } = await poll(first)
    await first.close()
    await files.saveText('{')
    const second = await startOn(files, prefix)
    expect(await second.started).toEqual([])
    expect(await value(second)).toBe('stored')
    expect(second.view.environments[0]).toMatchObject({ serving: 'stored' })
    await files.save({ a: 'stored' })
    await expect.poll(() => second.view.environments[0]?.serving).toBe('live')
    expect(await poll(second, state)).toMatchObject({ intent: 'none' })
  })
})
