import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { child, outcome } from '../../support/child.ts'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { listen } from '../../support/listen.ts'
import { delta, full, never, row, rows } from '../../support/store-writes.ts'
import { open, rejection } from './opened.ts'

describeWithConsul('(S84) outages of Consul', () => {
  let agent: ConsulAgent

  beforeAll(async () => {
    agent = await startConsulAgent({ durable: 'durable' })
  })

  afterAll(() => agent.stop())

  async function countKeys(below: string): Promise<number> {
    const response = await fetch(`${agent.url}/v1/kv/${below}?keys`)
    return ((await response.json()) as readonly string[]).length
  }

  it('reports all operations as unavailable while the agent is stopped, and works again afterwards', async () => {
    const writer = open({ url: agent.url, prefix: 'killed' })
    const reader = open({ url: agent.url, prefix: 'killed' })
    const feed = listen(reader)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    await writer.store.write({ ...full(row('a', 1)), fencingToken: 4 }, never)
    expect(await feed.next()).toEqual({ type: 'replaced' })

    await agent.kill()
    expect(await feed.next()).toMatchObject({ type: 'interrupted' })
    for (const call of [
      () => reader.store.initialized(never),
      () => reader.store.readAll(never),
      () => writer.store.write(delta(row('a', 2)), never),
      () => writer.lease.acquire('me', 1_000, never),
    ]) {
      expect(await rejection(call())).toMatchObject({ name: 'StoreError', kind: 'unavailable' })
    }

    await agent.restart()
    expect(await feed.next()).toEqual({ type: 'replaced' })
    expect((await reader.store.readAll(never)).rows).toHaveLength(1)
    expect(
      await rejection(writer.store.write({ ...full(row('a', 3)), fencingToken: 3 }, never)),
    ).toMatchObject({
      kind: 'fenced',
    })
    await writer.store.write({ ...delta(row('a', 3)), fencingToken: 4 }, never)
    // Revisions of failed writes are missing, because their outcome is unknown.
    expect(await feed.next()).toEqual({ type: 'replaced' })
    await writer.store.write({ ...delta(row('a', 4)), fencingToken: 4 }, never)
    expect(await feed.next()).toEqual({ type: 'changed', flags: ['a'], segments: [] })
  })

  it('has no sidecar for partial data if it is killed during a full write', async () => {
    const { store } = open({ url: agent.url, prefix: 'torn' })
    await store.write(full(...rows(100, 1)), never)
    const writing = rejection(store.write(full(...rows(20_000, 2)), never))
    while ((await countKeys('torn/')) < 1_000) await new Promise((resolve) => setTimeout(resolve, 5))
    await agent.kill()
    expect(await writing).toMatchObject({ kind: 'unavailable' })
    await agent.restart()
    const torn = await store.readAll(never)
    expect(torn.sidecar).toBeUndefined()
    await store.write(full(...rows(100, 3)), never)
    const whole = await store.readAll(never)
    expect(whole.sidecar).toBeDefined()
    expect(new Set(whole.rows.map(({ text }) => text))).toEqual(new Set(rows(100, 3).map(({ text }) => text)))
  })

  it('keeps calls pending until their signals abort while it is frozen, and uses the same connection afterwards', async () => {
    const { store } = open({ url: agent.url, prefix: 'frozen' })
    const feed = listen(open({ url: agent.url, prefix: 'frozen' }))
    await store.write(full(row('a', 1)), never)
    expect(await feed.next()).toEqual({ type: 'replaced' })
    onTestFinished(() => agent.resume())
    await agent.pause()
    const controller = new AbortController()
    const pending = [
      rejection(store.get('flag', 'a', controller.signal)),
      rejection(store.write(delta(row('a', 2)), controller.signal)),
    ]
    setTimeout(() => controller.abort(new Error('no answer in 1 s')), 100)
    for (const error of await Promise.all(pending)) {
      expect(error).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('no answer') as string,
      })
    }
    agent.resume()
    await store.write(delta(row('b', 1)), never)
    expect(await store.get('flag', 'a', never)).toBeDefined()
    let last = await feed.next()
    while (last !== 'end' && last.type === 'changed' && !last.flags.includes('b')) last = await feed.next()
    expect(last).toMatchObject({ type: expect.stringMatching(/changed|replaced/) as string })
  })

  it('(D20) an idle store with an open feed does not keep the process alive', async () => {
    const script = join(import.meta.dirname, 'idle.ts')
    expect(await outcome(child(script, agent.url))).toEqual({
      code: 0,
      output: '{"initialized":true,"first":{"type":"replaced"}}',
    })
  })
})
