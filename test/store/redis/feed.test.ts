import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import { listen } from '../../support/listen.ts'
import { describeWithRedis, eventually, type RedisServer, startRedis } from '../../support/redis-server.ts'
import { delta, freshPrefix, full, never, row } from '../../support/store-writes.ts'
import { openRedis } from './opened.ts'

/** Waits that are seconds elsewhere are milliseconds here. */
const hasty: Clock = { ...systemClock, after: (ms, wake) => systemClock.after(ms / 100, wake) }
/** As `hasty`, but as patient with an answer as elsewhere: a busy machine may answer late. */
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

  it('a connection that is lost is told of once, and listening begins again by itself (S73)', async () => {
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

  it('while the server is gone it says so once, however often it tries (S73)', async () => {
    const other = await startRedis()
    onTestFinished(() => other.stop())
    const opened = openRedis({ url: other.url, prefix }, patient)
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await other.kill()
    expect(await nextChange()).toMatchObject({ type: 'interrupted' })
    const next = nextChange()
    // Several attempts later there is nothing new to say.
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

  it('a server that hangs is noticed by who only listens (S73.2)', async () => {
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

  it('a quiet server that answers is left alone', async () => {
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

  it('what somebody else says on the channel may mean anything', async () => {
    const { next: nextChange } = listen(openRedis({ url: server.url, prefix }))
    expect(await nextChange()).toEqual({ type: 'replaced' })
    await server.as((client) => client.publish(`${prefix}:$halyard`, 'not a notice'))
    expect(await nextChange()).toEqual({ type: 'replaced' })
  })

  it('each write is told of once, after it can be read (S73.1)', async () => {
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

  it('a delta of so many rows that it is written in portions is told of once at its end', async () => {
    const opened = openRedis({ url: server.url, prefix })
    const { next: nextChange } = listen(opened)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    const rows = Array.from({ length: 10_500 }, (_, index) => row(`flag-${index}`, 1))
    await opened.store.write(delta(...rows), never)
    await opened.store.write(delta(row('last', 1)), never)
    expect(await nextChange()).toEqual({ type: 'replaced' })
    expect(await nextChange()).toEqual({ type: 'changed', flags: ['last'], segments: [] })
  })

  it('when the signal aborts it ends at once, wherever it is', async () => {
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
