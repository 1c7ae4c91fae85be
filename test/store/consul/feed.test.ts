import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OpenedStore } from '../../../src/model/persistent-store.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { listen } from '../../support/listen.ts'
import { SleepyClock } from '../../support/sleepy-clock.ts'
import { delta, full, never, row, rows } from '../../support/store-writes.ts'
import { open } from './opened.ts'
import { type Asked, passTo, type Reply, type Script, startScripted } from './scripted-agent.ts'

describeWithConsul('(S82) the feed of Consul', () => {
  let agent: ConsulAgent
  let prefixes = 0

  beforeAll(async () => {
    agent = await startConsulAgent()
  })

  afterAll(() => agent.stop())

  const freshPrefix = (): string => `feed-${++prefixes}`

  it('are reported when they are written, without a timer', async () => {
    const prefix = freshPrefix()
    const { store } = open({ url: agent.url, prefix })
    await store.write(full(row('a', 1)), never)
    // The clock does not advance, so no change is found by a poll.
    const feed = listen(open({ url: agent.url, prefix }, new VirtualClock()))
    expect(await feed.next()).toEqual({ type: 'replaced' })
    for (let version = 2; version < 6; version++) {
      await store.write(delta(row('a', version), row('s', version, 'segment')), never)
      expect(await feed.next()).toEqual({ type: 'changed', flags: ['a'], segments: ['s'] })
    }
    feed.stop()
    expect(await feed.next()).toBe('end')
  })

  it('are reported as a change of all rows if several came at once', async () => {
    const prefix = freshPrefix()
    const { store } = open({ url: agent.url, prefix })
    await store.write(full(row('a', 1)), never)
    const scripted = await startScripted(passTo(agent.url))
    const feed = listen(open({ url: scripted.url, prefix }))
    expect(await feed.next()).toEqual({ type: 'replaced' })
    scripted.become(async (asked) => {
      await store.write(delta(row('a', 2)), never)
      await store.write(delta(row('b', 2)), never)
      scripted.become(passTo(agent.url))
      return passTo(agent.url)(asked)
    })
    expect(await feed.next()).toEqual({ type: 'replaced' })
    await store.write(delta(row('c', 3)), never)
    expect(await feed.next()).toEqual({ type: 'changed', flags: ['c'], segments: [] })
  })

  it('of a full write in many transactions are reported once, when it is complete', async () => {
    const prefix = freshPrefix()
    const { store } = open({ url: agent.url, prefix })
    await store.write(full(row('a', 1)), never)
    const reader = open({ url: agent.url, prefix })
    const feed = listen(reader)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    const reported = feed.next().then(async (change) => ({ change, held: await reader.store.readAll(never) }))
    await store.write(full(...rows(2_000, 1)), never)
    const { change, held } = await reported
    expect(change).toEqual({ type: 'replaced' })
    expect(held.rows).toHaveLength(2_000)
    await store.write(delta(row('flag-1', 2)), never)
    expect(await feed.next()).toEqual({ type: 'changed', flags: ['flag-1'], segments: [] })
  })

  it('are reported for an empty database', async () => {
    const prefix = freshPrefix()
    const feed = listen(open({ url: agent.url, prefix }))
    expect(await feed.next()).toEqual({ type: 'replaced' })
    await open({ url: agent.url, prefix: `${prefix}-neighbour` }).store.write(full(row('x', 1)), never)
    await open({ url: agent.url, prefix }).store.write(full(row('a', 1)), never)
    expect(await feed.next()).toEqual({ type: 'replaced' })
  })
})

describe('(S82) changes, from an agent that fails', () => {
  const sidecarAt = (index: number): Reply => ({ headers: { 'x-consul-index': String(index) }, body: '[]' })

  function scriptOf(...replies: readonly Reply[]): Script {
    const left = [...replies]
    return () => left.shift() ?? 'hang'
  }

  function openStill(url: string): { readonly clock: VirtualClock; readonly opened: OpenedStore } {
    const clock = new VirtualClock()
    return { clock, opened: open({ url }, clock) }
  }

  /** Waits for real network traffic. */
  const realTime = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

  const waitsOf = (asked: readonly Asked[]): (string | null)[] => asked.map(({ query }) => query.get('index'))

  /** Advances the clock until the agent has received this number of requests. */
  async function until(asked: readonly Asked[], count: number, clock: VirtualClock): Promise<void> {
    for (let turns = 0; asked.length < count && turns < 2_000; turns++) {
      await clock.advance(10)
      await realTime(1)
    }
    expect(asked).toHaveLength(count)
  }

  it('are requested at once, then with the index of the answer and a wait of up to 5 min', async () => {
    const agent = await startScripted(scriptOf(sidecarAt(7)))
    const { clock, opened } = openStill(agent.url)
    const feed = listen(opened)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    const next = feed.next()
    await until(agent.asked, 2, clock)
    expect(waitsOf(agent.asked)).toEqual([null, '7'])
    const wait = Number(agent.asked[1]?.query.get('wait')?.replace('ms', ''))
    expect(wait).toBeGreaterThanOrEqual(270_000)
    expect(wait).toBeLessThanOrEqual(300_000)
    feed.stop()
    expect(await next).toBe('end')
  })

  it('are requested again after each wait without a change, and nothing is reported', async () => {
    const agent = await startScripted(scriptOf(sidecarAt(7), sidecarAt(7), sidecarAt(9)))
    const { clock, opened } = openStill(agent.url)
    const feed = listen(opened)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    const next = feed.next()
    await until(agent.asked, 2, clock)
    // The delay limits the rate of requests to an agent that does not wait.
    await realTime(50)
    expect(agent.asked).toHaveLength(2)
    await until(agent.asked, 4, clock)
    expect(waitsOf(agent.asked)).toEqual([null, '7', '7', '9'])
    feed.stop()
    expect(await next).toBe('end')
  })

  it('are reported as a change of all rows if the index decreases, and requested again without an index', async () => {
    const agent = await startScripted(scriptOf(sidecarAt(70), sidecarAt(7), sidecarAt(8)))
    const { clock, opened } = openStill(agent.url)
    const feed = listen(opened)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    const next = feed.next()
    await until(agent.asked, 3, clock)
    expect(await next).toEqual({ type: 'replaced' })
    expect(waitsOf(agent.asked)).toEqual([null, '70', null])
  })

  it.each<readonly [what: string, reply: Reply, reason: string]>([
    [
      'denies',
      { status: 403, body: 'Permission denied' },
      'responded with 403: Permission denied; check the token and its ACL policy',
    ],
    ['has no leader', { status: 500, body: 'No cluster leader' }, 'responded with 500: No cluster leader'],
    ['tells no index', { body: '[]' }, 'sent no index'],
    ['tells an index of 0', sidecarAt(0), 'sent no index'],
    ['breaks off', 'cut', 'does not answer'],
  ])(
    'are interrupted, reported once and requested again with growing delays if it %s',
    async (_, reply, reason) => {
      const agent = await startScripted(scriptOf(reply, reply, reply, sidecarAt(3)))
      const { clock, opened } = openStill(agent.url)
      const feed = listen(opened)
      expect(await feed.next()).toMatchObject({
        type: 'interrupted',
        reason: expect.stringContaining(reason),
      })
      const next = feed.next()
      await clock.advance(200)
      await realTime(50)
      expect(agent.asked).toHaveLength(1)
      await until(agent.asked, 4, clock)
      expect(await next).toEqual({ type: 'replaced' })
      expect(waitsOf(agent.asked)).toEqual([null, null, null, null])
    },
  )

  it('are interrupted if no answer comes within the longest wait', async () => {
    const agent = await startScripted(scriptOf(sidecarAt(7)))
    const { clock, opened } = openStill(agent.url)
    const feed = listen(opened)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    const next = feed.next()
    await until(agent.asked, 2, clock)
    const wait = Number(agent.asked[1]?.query.get('wait')?.replace('ms', ''))
    let reported = false
    void next.then(() => (reported = true))
    await clock.advance((wait * 17) / 16)
    await realTime(20)
    expect(reported).toBe(false)
    await clock.advance(40_000)
    expect(await next).toMatchObject({ type: 'interrupted', reason: expect.stringContaining('no answer in') })
  })

  it('are interrupted soon if the first request is not answered', async () => {
    const agent = await startScripted(() => 'hang')
    const { clock, opened } = openStill(agent.url)
    const next = listen(opened).next()
    await until(agent.asked, 1, clock)
    await clock.advance(40_000)
    expect(await next).toMatchObject({ type: 'interrupted' })
  })
})

describe('(S152) the feed of Consul, of a process that was frozen', () => {
  const sidecarAt = (index: number): Reply => ({
    headers: { 'x-consul-index': String(index) },
    body: JSON.stringify([{ Key: 'k', Value: '', ModifyIndex: index, CreateIndex: 1 }]),
  })

  it('cancels the pending query and reads at once', async () => {
    const asked: string[] = []
    const scripted = await startScripted(({ query }) => {
      asked.push(query.get('index') ?? 'at once')
      return asked.length === 2 ? 'hang' : sidecarAt(asked.length)
    })
    const clock = new SleepyClock()
    const feed = listen(open({ url: scripted.url, prefix: 'p' }, clock))
    expect(await feed.next()).toEqual({ type: 'replaced' })
    const next = feed.next()
    await expect.poll(() => asked).toEqual(['at once', '1'])
    await clock.freeze(3_000)
    // The end of the random spread.
    await clock.advance(1_000)
    await expect.poll(() => asked.slice(0, 3)).toEqual(['at once', '1', 'at once'])
    feed.stop()
    await next
  })
})
