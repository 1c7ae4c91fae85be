import { afterAll, beforeAll, expect, it } from 'vitest'
import { listen } from '../../support/listen.ts'
import {
  describeWithRedis,
  eventually,
  type RedisSentinels,
  startRedisSentinels,
} from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { openRedis, textsOf } from './opened.ts'

describeWithRedis('Redis with Sentinels', () => {
  let trio: RedisSentinels
  beforeAll(async () => {
    trio = await startRedisSentinels()
  })
  afterAll(() => trio?.stop())

  it('follows the master when it fails over, with calls and with the feed (S74)', async () => {
    const { sentinels, name } = trio
    const opened = openRedis({ sentinels, name, prefix: freshPrefix() })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(full(row('a', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await trio.replica.as((client) => eventually(async () => (await client.dbsize()) > 0))
    await trio.master.kill()
    expect(await nextChange()).toMatchObject({ type: 'interrupted' })
    await eventually(() =>
      opened.store.write(delta(row('a', 2)), never).then(
        () => true,
        () => false,
      ),
    )
    expect(await textsOf(opened)).toEqual(new Map([['flag a', row('a', 2).text]]))
    expect(await nextChange()).toEqual({ type: 'replaced' })
    expect(await trio.replica.as((client) => client.role())).toContain('master')
  })

  it('reports an unknown master name and missing Sentinels', async () => {
    const { sentinels } = trio
    await expect(openRedis({ sentinels, name: 'unknown' }).store.initialized(never)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/^Redis master unknown of .*No such master/) as unknown,
    })
    const unreachable = openRedis({ sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'flags' })
    await expect(unreachable.store.initialized(never)).rejects.toMatchObject({
      message: expect.stringContaining('no Sentinel answers') as unknown,
    })
  })
})
