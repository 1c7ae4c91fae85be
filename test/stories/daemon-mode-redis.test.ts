import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { presets } from '../../src/config/presets.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { constant, USER } from '../support/stored.ts'

interface Started {
  readonly client: FlagClient
  /** Warnings and errors. */
  readonly log: string[]
}

describeWithRedis('daemon mode with a Redis user of few permissions', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis({ databases: '16', requirepass: 'main' })
    await admin('ACL', 'SETUSER', 'narrow', 'on', '>secret', '+@all', 'resetchannels', ...NARROW)
  })
  afterAll(() => redis.stop())

  /** The keys that an evaluation reads, as operators grant them. */
  const NARROW = ['~narrow:features', '~narrow:segments', '~narrow:$inited']

  const admin = async (...command: readonly [string, ...string[]]): Promise<unknown> => {
    const client = new Redis({ host: '127.0.0.1', port: redis.port, password: 'main' })
    try {
      return await client.call(...command)
    } finally {
      client.disconnect()
    }
  }

  function start(login: string, prefix: string, db = 0, use: object = {}): Started {
    const url = `redis://${login}127.0.0.1:${redis.port}/${db}`
    const log: string[] = []
    const logger = {
      debug() {},
      info() {},
      warn: (message: string) => log.push(message),
      error: (message: string) => log.push(message),
    }
    const client = createClient('sdk-key', {
      dataSystem: presets.daemon(redisStore({ url, prefix, ...use })),
      sendEvents: false,
      logger,
    })
    onTestFinished(() => client.close())
    return { client, log }
  }

  const reasonOf = async (client: FlagClient, key: string): Promise<unknown> =>
    (await client.variationDetail(key, USER, 'fallback')).reason

  it('(S184) returns CLIENT_NOT_READY and logs one line for 200 evaluations of an empty database with a narrow ACL', async () => {
    const { client, log } = start('narrow:secret@', 'narrow')
    expect(await client.waitForInitialization()).toMatchObject({ availability: 'defaults', reason: 'ready' })
    for (let count = 0; count < 200; count++) {
      expect(await reasonOf(client, `flag-${count}`)).toEqual({
        kind: 'ERROR',
        errorKind: 'CLIENT_NOT_READY',
      })
    }
    expect((await client.allFlagsState(USER)).valid).toBe(false)
    expect(log).toEqual(['evaluated before there was data: fallback values are returned'])
    await admin('HSET', 'narrow:features', 'a', JSON.stringify(constant('a', 1, 'one')))
    await admin('SET', 'narrow:$inited', '')
    expect(await client.waitForInitialization({ minimum: 'cached', timeoutMs: 15_000 })).toMatchObject({
      availability: 'cached',
    })
    expect(await client.variation('a', USER, 'fallback')).toBe('one')
    await expect.poll(async () => (await client.allFlagsState(USER)).allValues()).toEqual({ a: 'one' })
    expect(log).toHaveLength(1)
    await admin('DEL', 'narrow:features', 'narrow:$inited')
  })

  it('(S184) reads a snapshot with the same ACL', async () => {
    await admin('HSET', 'narrow:features', 'a', JSON.stringify(constant('a', 1, 'one')))
    const { client } = start('narrow:secret@', 'narrow', 0, { reads: 'snapshot' })
    await client.waitForInitialization({ timeoutMs: 15_000 })
    expect(client.sync.variation('a', USER, 'fallback')).toBe('one')
    await admin('DEL', 'narrow:features')
  })

  it.each([
    ['a server that requires a password', '', 0, 'NOAUTH'],
    ['a wrong password', 'narrow:wrong@', 0, 'WRONGPASS'],
    ['a database number that does not exist', ':main@', 99, 'the server does not have database 99'],
  ] as const)(
    '(S182, S184) is not ready, logs one line for each cause and returns fallback values with %s',
    async (_name, login, db, reason) => {
      const { client, log } = start(login, 'p', db)
      const answer = await client.waitForInitialization({ timeoutMs: 10_000 })
      expect(answer).toMatchObject({ initialized: false, availability: 'defaults', reason: 'off' })
      for (let count = 0; count < 200; count++) {
        expect(await reasonOf(client, `flag-${count % 20}`)).toEqual({
          kind: 'ERROR',
          errorKind: 'EXCEPTION',
        })
      }
      await client.allFlagsState(USER)
      expect(log).toEqual([
        expect.stringContaining(reason),
        'evaluated while the database could not be read: fallback values are returned',
      ])
      expect(client.storeStatus?.current).toMatchObject({ state: 'unavailable' })
    },
  )

  it('(S184) logs one line for a key of the wrong type, although other reads succeed', async () => {
    await admin('SET', 'typed:segments', 'no hash')
    const clauses = [{ attribute: '', op: 'segmentMatch', values: ['s'] }]
    const flags = [0, 1, 2].flatMap((count) => [
      `f${count}`,
      JSON.stringify(constant(`f${count}`, 1, 'one', { rules: [{ id: 'r', clauses, variation: 0 }] })),
    ])
    await admin('HSET', 'typed:features', ...flags)
    const { client, log } = start(':main@', 'typed', 0, { cacheTtlMs: 0 })
    for (let count = 0; count < 60; count++) await reasonOf(client, `f${count % 3}`)
    expect(log.filter((line) => line.includes('WRONGTYPE'))).toHaveLength(1)
    expect(log).toHaveLength(2)
  })
})
