import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { KINDS } from '../../../src/model/change-set.ts'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { delta, full, never, row, rows } from '../../support/store-writes.ts'
import { everything, open, putRaw } from './opened.ts'

describeWithConsul('(S80) how flags lie in Consul', () => {
  let agent: ConsulAgent

  beforeAll(async () => {
    agent = await startConsulAgent()
  })

  beforeEach(async () => {
    await fetch(`${agent.url}/v1/kv/?recurse`, { method: 'DELETE' })
  })

  afterAll(() => agent.stop())

  it('stores rows and marker under the keys of other software, and the sidecar elsewhere', async () => {
    const write = full(row('a', 1), row('s', 2, 'segment'))
    await open({ url: agent.url, prefix: 'ld' }).store.write(write, never)
    expect(await everything(agent.url)).toEqual({
      'ld/features/a': row('a', 1).text,
      'ld/segments/s': row('s', 2, 'segment').text,
      'ld/$inited': '',
      '$halyard/ld/sidecar': write.sidecar,
    })
  })

  it('uses the prefix launchdarkly by default', async () => {
    await open({ url: agent.url }).store.write(delta(row('a', 1)), never)
    expect(await everything(agent.url)).toHaveProperty(['launchdarkly/features/a'])
  })

  it('reads rows of other software, without a sidecar', async () => {
    await putRaw(agent.url, 'ld/features/a', '{"key":"a","version":3}')
    await putRaw(agent.url, 'ld/segments/s', 'not json')
    await putRaw(agent.url, 'ld/$inited', 'anything')
    const { store } = open({ url: agent.url, prefix: 'ld' })
    expect(await store.initialized(never)).toBe(true)
    expect(await store.readAll(never)).toEqual({
      initialized: true,
      rows: [
        { kind: 'flag', key: 'a', text: '{"key":"a","version":3}' },
        { kind: 'segment', key: 's', text: 'not json' },
      ],
    })
    const { older } = await store.write(delta(row('a', 3), row('s', 1, 'segment')), never)
    expect(older).toBe(1)
    expect(await store.get('segment', 's', never)).toMatchObject({ text: row('s', 1, 'segment').text })
  })

  it.each([
    ['in one transaction', 3],
    ['in many', 300],
  ])('a full write %s deletes what is left over and nothing that is not its own', async (_, count) => {
    const foreign = ['ld/other', 'ld/features', 'ld/features-old/x', 'ld/$inited-not', 'ld-staging', 'l']
    for (const key of foreign) await putRaw(agent.url, key, 'foreign')
    const prefixes = ['ld', 'ld-staging', 'ld/nested', 'ldx']
    for (const prefix of prefixes) {
      const own = [...rows(count, 1), row(prefix, 1), row('gone', 1, 'segment')]
      await open({ url: agent.url, prefix }).store.write(full(...own), never)
    }
    const before = await everything(agent.url)
    await open({ url: agent.url, prefix: 'ld' }).store.write(full(row('only', 1)), never)
    const after = await everything(agent.url)
    const lost = Object.keys(before).filter((key) => !(key in after))
    expect(lost).toHaveLength(count + 2)
    expect(lost.filter((key) => !/^ld\/(features|segments)\//.test(key))).toEqual([])
    for (const prefix of prefixes.slice(1)) {
      const { rows: held } = await open({ url: agent.url, prefix }).store.readAll(never)
      expect(held).toHaveLength(count + 2)
    }
  })

  it('supports any key, also one that no URL can contain', async () => {
    const keys = [
      '..',
      '.',
      '',
      '/',
      '//a//',
      'a/../../b',
      '\u0000',
      '\n',
      '\u200b',
      '%2e%2e',
      '?x=1#y',
      ' ',
      '😀',
    ]
    const { store } = open({ url: agent.url, prefix: 'ld' })
    const all = KINDS.flatMap((kind) => keys.map((key) => row(key, 1, kind)))
    await store.write(full(...all), never)
    await store.write(delta(...KINDS.flatMap((kind) => keys.map((key) => row(key, 2, kind)))), never)
    expect((await store.readAll(never)).rows).toHaveLength(all.length)
    for (const { kind, key } of all) {
      expect(await store.get(kind, key, never)).toEqual({ kind, key, text: row(key, 2, kind).text })
    }
    await store.write(full(), never)
    expect((await store.readAll(never)).rows).toEqual([])
  })

  it('refuses a key that is not valid Unicode, and does not change it to another', async () => {
    const { store } = open({ url: agent.url, prefix: 'ld' })
    const lone = String.fromCharCode(0xd800)
    const report = await store.write(full(row(lone, 1), row('\ufffd', 1)), never)
    expect(report.refused).toEqual([{ kind: 'flag', key: lone, reason: 'its key is not Unicode' }])
    expect(await store.get('flag', lone, never)).toBeUndefined()
    expect(await store.get('flag', '\ufffd', never)).toBeDefined()
  })

  it('writes and reads 10,000 rows', async () => {
    const { store } = open({ url: agent.url, prefix: 'ld' })
    await store.write(full(...rows(10_000, 1, 'x'.repeat(1_000))), never)
    const { rows: held, initialized } = await store.readAll(never)
    expect(initialized).toBe(true)
    expect(new Set(held.map(({ key }) => key)).size).toBe(10_000)
  })
})
