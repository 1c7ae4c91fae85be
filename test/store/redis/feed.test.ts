import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import { listen } from '../../support/listen.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { openRedis } from './opened.ts'

/** Waits of milliseconds instead of seconds. */
const hasty: Clock = { ...systemClock, after: (ms, wake) => systemClock.after(ms / 100, wake) }
/** Short waits like `hasty`, but the usual time limit for answers, because a busy machine may answer late. */
const ANSWER_MS = 5_000
const patient: Clock = {
  ...hasty,
  after: (ms, wake) => (ms === ANSWER_MS ? systemClock.after(60_000, wake) : hasty.after(ms, wake)),
}

describeWithRedis('the feed of Redis', () => {
  let server: RedisServer
  let prefix: string
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    prefix = freshPrefix()
  })

  it('(S73) reports a lost connection once and subscribes again', async () => {
    const opened = openRedis({ url: server.url, prefix }, patient)
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await server.as((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))
    expect(await nextChange()).toMatchObject({
      type: 'interrupted',
      reason: expect.stringContaining(`Redis at 127.0.0.1:${server.port}: cannot listen`) as unknown,
    })
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(delta(row('a', 1)), never)
    expect(await nextChange()).toEqual({ type: 'changed', flags: ['a'], segments: [] })
  })

  it('(S73) reports a stopped server once, also after several attempts', async () => {
    const other = await startRedis()
    onTestFinished(() => other.stop())
    const opened = openRedis({ url: other.url, prefix }, patient)
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await other.kill()
    expect(await nextChange()).toMatchObject({ type: 'interrupted' })
    const next = nextChange()
    // Several attempts later, there is no second report.
    let attempts = 0
    const refusing = createServer((socket) => {
      attempts++
      socket.destroy()
    }).listen(other.port, '127.0.0.1')
    await expect.poll(() => attempts).toBeGreaterThan(3)
    await promisify(refusing.close.bind(refusing))()
    await other.start()
    expect(await next).toEqual({ type: 'replaced' })
  })

  it('(S73.2) detects a hanging server by the feed alone', async () => {
    const other = await startRedis()
    onTestFinished(() => other.stop())
    let clock = patient
    const changing: Clock = { ...systemClock, after: (ms, wake) => clock.after(ms, wake) }
    const { next: nextChange } = listen(openRedis({ url: other.url, prefix }, changing))
    expect(await nextChange()).toEqual({ type: 'replaced' })
    clock = hasty
    other.pause()
    expect(await nextChange()).toMatchObject({
      type: 'interrupted',
      reason: expect.stringContaining('no answer') as unknown,
    })
    clock = patient
    other.resume()
    expect(await nextChange()).toEqual({ type: 'replaced' })
  })

  it('keeps the connection to a quiet server that answers', async () => {
    const opened = openRedis({ url: server.url, prefix }, patient)
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    const next = nextChange()
    const pings = (): Promise<number> =>
      server.as(async (client) =>
        Number(/cmdstat_ping:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0),
      )
    const before = await pings()
    await eventually(async () => (await pings()) > before + 2)
    await opened.store.write(delta(row('a', 1)), never)
    expect(await next).toEqual({ type: 'changed', flags: ['a'], segments: [] })
  })

  it('treats an unknown message on the channel as a change of all rows', async () => {
    const { next: nextChange } = listen(openRedis({ url: server.url, prefix }))
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await server.as((client) => client.publish(`${prefix}:$halyard`, 'not a notice'))
    expect(await nextChange()).toEqual({ type: 'replaced' })
  })

  it('(S73.1) reports each write once, after its rows can be read', async () => {
    const opened = openRedis({ url: server.url, prefix })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await opened.store.write(full(row('a', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    for (let version = 2; version < 20; version++) {
      void opened.store.write(delta(row('a', version)), never)
      expect(await nextChange()).toEqual({ type: 'changed', flags: ['a'], segments: [] })
      expect(await opened.store.get('flag', 'a', never)).toMatchObject({ text: row('a', version).text })
    }
  })

  it('reports a delta that is written in portions once, at its end', async () => {
    const opened = openRedis({ url: server.url, prefix })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    const rows = Array.from({ length: 10_500 }, (_, index) => row(`flag-${index}`, 1))
    await opened.store.write(delta(...rows), never)
    await opened.store.write(delta(row('last', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    expect(await nextChange()).toEqual({ type: 'changed', flags: ['last'], segments: [] })
  })

  it('ends at once when the signal aborts, in every state', async () => {
    const other = await startRedis()
    onTestFinished(() => other.stop())
    other.pause()
    for (const url of [server.url, other.url, 'redis://127.0.0.1:1']) {
      const controller = new AbortController()
      const changes = openRedis({ url, prefix }).feed.changes(controller.signal)[Symbol.asyncIterator]()
      const first = changes.next()
      if (url !== other.url) await first
      const next = changes.next()
      controller.abort()
      expect(await next).toEqual({ done: true, value: undefined })
    }
    other.resume()
  })
})
