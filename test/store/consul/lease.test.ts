import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Lease } from '../../../src/model/persistent-store.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { never } from '../../support/store-writes.ts'
import { everything, open, putRaw } from './opened.ts'
import { passTo, startScripted } from './scripted-agent.ts'

describeWithConsul('(S83) the lease in Consul', () => {
  let agent: ConsulAgent
  let prefix = ''
  let prefixes = 0

  beforeAll(async () => {
    agent = await startConsulAgent()
  })

  afterAll(() => agent.stop())

  /** Returns a writer with its own clock. */
  function newWriter(url = agent.url): { readonly lease: Lease; readonly clock: VirtualClock } {
    const clock = new VirtualClock()
    return { lease: open({ url, prefix }, clock).lease, clock }
  }

  function freshPrefix(): void {
    prefix = `lease-${++prefixes}`
  }

  it('passes on if it is unchanged for its duration, by the clock of the waiting writer', async () => {
    freshPrefix()
    const [one, two] = [newWriter(), newWriter()]
    const first = await one.lease.acquire('one', 15_000, never)
    await two.clock.advance(1_000_000)
    expect(await two.lease.acquire('two', 15_000, never)).toBeUndefined()
    await two.clock.advance(14_999)
    expect(await two.lease.acquire('two', 15_000, never)).toBeUndefined()
    await two.clock.advance(1)
    const second = await two.lease.acquire('two', 15_000, never)
    expect(second).toBeGreaterThan(first ?? 0)
    expect(await one.lease.acquire('one', 15_000, never)).toBeUndefined()
  })

  it('stays with a holder that renews it, with the same fence', async () => {
    freshPrefix()
    const [one, two] = [newWriter(), newWriter()]
    const first = await one.lease.acquire('one', 15_000, never)
    for (let round = 0; round < 5; round++) {
      expect(await two.lease.acquire('two', 15_000, never)).toBeUndefined()
      await two.clock.advance(10_000)
      expect(await one.lease.acquire('one', 15_000, never)).toBe(first)
    }
  })

  it('is granted to one of several writers that find it free at the same time', async () => {
    freshPrefix()
    const names = Array.from({ length: 8 }, (_, index) => `holder-${index}`)
    const fences = await Promise.all(names.map((name) => newWriter().lease.acquire(name, 15_000, never)))
    expect(fences.filter((fence) => fence !== undefined)).toHaveLength(1)
  })

  it('is granted to one of several writers that find it expired at the same time', async () => {
    freshPrefix()
    const first = await newWriter().lease.acquire('gone', 1_000, never)
    const many = Array.from({ length: 8 }, () => newWriter())
    const acquire = () =>
      Promise.all(many.map(({ lease }, index) => lease.acquire(`holder-${index}`, 15_000, never)))
    expect(await acquire()).toEqual(many.map(() => undefined))
    for (const { clock } of many) await clock.advance(1_000)
    const fences = (await acquire()).filter((fence) => fence !== undefined)
    expect(fences).toHaveLength(1)
    expect(fences[0]).toBeGreaterThan(first ?? 0)
  })

  it('increases its fence after all keys were deleted', async () => {
    freshPrefix()
    const { lease } = newWriter()
    const first = await lease.acquire('one', 15_000, never)
    await fetch(`${agent.url}/v1/kv/?recurse`, { method: 'DELETE' })
    expect(await lease.acquire('one', 15_000, never)).toBeGreaterThan(first ?? 0)
  })

  it('is released only by its holder, also if it passes on at that moment', async () => {
    freshPrefix()
    const scripted = await startScripted(passTo(agent.url))
    const [one, two] = [newWriter(scripted.url), newWriter()]
    await one.lease.acquire('one', 1_000, never)
    expect(await two.lease.acquire('two', 15_000, never)).toBeUndefined()
    await two.clock.advance(1_000)
    scripted.become(async (asked) => {
      const isRemoval = asked.operations.some(({ Verb }) => Verb === 'delete-cas')
      if (isRemoval) await two.lease.acquire('two', 15_000, never)
      return passTo(agent.url)(asked)
    })
    await one.lease.release('one', never)
    expect((await everything(agent.url))[`$halyard/${prefix}/lease`]).toContain('"holder":"two"')
  })

  it('with an unknown content is treated as held until it expires', async () => {
    freshPrefix()
    await putRaw(agent.url, `$halyard/${prefix}/lease`, 'what?')
    const { lease, clock } = newWriter()
    expect(await lease.acquire('one', 15_000, never)).toBeUndefined()
    await clock.advance(15_000)
    expect(await lease.acquire('one', 15_000, never)).toBeGreaterThan(0)
  })
})
