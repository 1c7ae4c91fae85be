import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../../src/store/redis/redis-store.ts'
import { child, endWithTest, outcome } from '../../support/child.ts'
import { describeWithRedis, type RedisServer, startRedis, startTlsRedis } from '../../support/redis-server.ts'
import { digestOf, freshPrefix, never } from '../../support/store-writes.ts'
import { openRedis } from './opened.ts'

/** Time limit in milliseconds; most of it is for starting processes. */
const ROUNDS = process.env.CI ? 10 : 3
const WRITERS = 3
const IDLE = join(import.meta.dirname, 'idle-process.ts')
const WRITER = join(import.meta.dirname, 'writer-process.ts')

describeWithRedis('processes that use Redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  it('(D20, S74) does not keep the process alive by idle connections', async () => {
    const options: RedisStoreOptions = { url: server.url, prefix: freshPrefix() }
    expect(await outcome(child(IDLE, JSON.stringify(options)))).toEqual({
      code: 0,
      output: 'initialized: false\n{"type":"replaced"}\n',
    })
  })

  it('(D20, S74) does not keep the process alive by a hanging or a missing server', async () => {
    const hung = await startRedis()
    const encrypted = await startTlsRedis()
    for (const each of [hung, encrypted]) {
      onTestFinished(() => each.stop())
      each.pause()
    }
    for (const url of [hung.url, encrypted.url.replace('redis:', 'rediss:')]) {
      const process = child(IDLE, JSON.stringify({ url }), 'unanswered')
      expect(await outcome(process)).toEqual({ code: 0, output: '' })
    }
    const unreachable = child(IDLE, JSON.stringify({ url: 'redis://127.0.0.1:1' }))
    expect(await outcome(unreachable)).toEqual({
      code: 0,
      output: expect.stringMatching(/ECONNREFUSED.*\n.*"interrupted".*ECONNREFUSED/) as unknown,
    })
  })

  it('(S70, S132) without ioredis a client reports at its start what to install', async () => {
    const code = `
      const { registerHooks } = require('node:module')
      registerHooks({
        resolve(specifier, context, next) {
          if (specifier !== 'ioredis') return next(specifier, context)
          throw Object.assign(new Error("Cannot find package 'ioredis'"), { code: 'ERR_MODULE_NOT_FOUND' })
        },
      })
      const load = (path) => import(${JSON.stringify(`${join(import.meta.dirname, '../../../src')}/`)} + path)
      Promise.all([load('index.ts'), load('store/redis/redis-store.ts')]).then(async ([halyard, { redisStore }]) => {
        const silent = () => {}
        const client = halyard.createClient('sdk-key', {
          dataSystem: halyard.presets.daemon(redisStore({ url: 'redis://localhost' })),
          sendEvents: false,
          logger: { debug: silent, info: silent, warn: silent, error: logged },
        })
        async function logged(message) {
          console.log(message)
          await client.variation('flag', { kind: 'user', key: 'a' }, false)
          const { state, lastError } = client.storeStatus.current
          console.log(state, lastError.kind, lastError.message)
          await client.close()
        }
      })`
    const started = endWithTest(
      spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] }),
    )
    expect(await outcome(started)).toEqual({
      code: 0,
      output: expect.stringMatching(
        /^redisStore: .*npm install ioredis@6.*cannot be used\nunavailable missing_package redisStore: .*\n$/,
      ) as unknown,
    })
    expect(redisStore).toBeTypeOf('function')
  })

  it('(S71) leaves no partial data and no permanent leftovers if a writer is killed at any moment', async () => {
    const prefix = freshPrefix()
    const { store } = openRedis({ url: server.url, prefix })
    let reading = true
    const sizes = new Set<number>()
    const reader = (async () => {
      while (reading) {
        const { initialized, rows, sidecar } = await store.readAll(never)
        expect({ initialized, sidecar }).toEqual(
          rows.length === 0 && !initialized
            ? { initialized: false, sidecar: undefined }
            : { initialized: true, sidecar: digestOf(rows) },
        )
        sizes.add(rows.length)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    })()
    for (let round = 0; round < ROUNDS; round++) {
      const met = sizes.size
      await Promise.all(
        Array.from({ length: WRITERS }, async (_, writer) => {
          const started = child(WRITER, server.url, prefix, String(round * WRITERS + writer))
          const gone = once(started, 'close')
          await once(started.stdout as NonNullable<typeof started.stdout>, 'data')
          await expect.poll(() => sizes.size, { interval: 1 }).toBeGreaterThan(met)
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 30))
          started.kill('SIGKILL')
          await gone
        }),
      )
    }
    reading = false
    await reader
    await server.as(async (client) => {
      const left = await client.keys(`${prefix}:$halyard:staging:*`)
      for (const key of left) expect(await client.pttl(key)).toBeGreaterThan(0)
      const lasting = (await client.keys(`${prefix}:*`)).filter((key) => !key.includes(':staging:'))
      for (const key of lasting) expect(await client.pttl(key)).toBe(-1)
    })
  })
})
